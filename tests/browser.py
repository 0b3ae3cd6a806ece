"""A real Chromium, driven over a pipe by its own protocol: nothing to install but the browser.

Chromium reads commands from file descriptor 3 and answers on 4, each one JSON with a zero byte
behind it (`--remote-debugging-pipe`). Every command is answered; what happens in between, such as
errors on the console and requests, is kept in `Page.events`.
"""

from __future__ import annotations

import base64
import json
import os
import select
import subprocess
import sys
from pathlib import Path
from typing import Any

from attrs import define, field

from tests.needs import needs

_START = """
import fcntl, os, sys
reading, writing = (fcntl.fcntl(int(number), fcntl.F_DUPFD, 10) for number in sys.argv[1:3])
os.dup2(reading, 3)
os.dup2(writing, 4)
os.execvp(sys.argv[3], sys.argv[3:])
"""
#: How long to wait for an answer before the browser counts as dead.
_PATIENCE = 60.0
#: What is pressed: the name of a key with its code, for keys that have no character of their own.
_CODES = {"ArrowRight": 39, "ArrowLeft": 37, "Tab": 9, "Enter": 13}


@define(eq=False)
class Browser:
    """One headless browser."""

    process: subprocess.Popen[bytes]
    reading: int
    writing: int
    number: int = 0
    pages: dict[str, Page] = field(factory=dict)
    _rest: bytes = b""

    def command(self, method: str, session: str = "", **parameters: Any) -> dict[str, Any]:
        """Send a command and return its result; what happens meanwhile goes to its page."""
        self.number += 1
        message: dict[str, Any] = {"id": self.number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.writing, data) :]
        while (answer := self.receive()).get("id") != self.number:
            pass
        assert "error" not in answer, f"{method}: {answer['error']['message']}"
        result: dict[str, Any] = answer["result"]
        return result

    def receive(self) -> dict[str, Any]:
        """Return the next message; one of an event is kept by its page, too."""
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self.reading], [], [], _PATIENCE)
            more = os.read(self.reading, 1 << 20) if ready else b""
            assert more, "the browser does not answer"
            self._rest += more
        message, _, self._rest = self._rest.partition(b"\0")
        answer: dict[str, Any] = json.loads(message)
        if answer.get("sessionId") in self.pages and "method" in answer:
            self.pages[answer["sessionId"]].events.append(answer)
        return answer

    def page(
        self, width: int = 1280, height: int = 800, *, scripts: bool = True, dark: bool = False
    ) -> Page:
        """Return an empty page of that size; without `scripts`, in a browser that runs none."""
        target = self.command("Target.createTarget", url="about:blank")["targetId"]
        attached = self.command("Target.attachToTarget", targetId=target, flatten=True)
        page = self.pages[attached["sessionId"]] = Page(self, attached["sessionId"], target)
        for domain in ("Page", "Runtime", "Log", "Network"):
            page.command(f"{domain}.enable")
        page.resize(width, height)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        page.command("Emulation.setEmulatedMedia", features=[scheme])
        page.command("Emulation.setScriptExecutionDisabled", value=not scripts)
        return page

    def close(self) -> None:
        """End the browser."""
        for end in (self.writing, self.reading):
            os.close(end)
        self.process.wait(timeout=_PATIENCE)


@define(eq=False)
class Page:
    """One page of the browser."""

    browser: Browser
    session: str
    target: str
    events: list[dict[str, Any]] = field(factory=list)

    def command(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command to this page."""
        return self.browser.command(method, self.session, **parameters)

    def close(self) -> None:
        """Close the page."""
        del self.browser.pages[self.session]
        self.browser.command("Target.closeTarget", targetId=self.target)

    def go(self, file: Path, fragment: str = "") -> Page:
        """Go to a file, and come back when it is loaded."""
        self.events.clear()
        self.command("Page.navigate", url=file.resolve().as_uri() + fragment)
        while not any(each["method"] == "Page.loadEventFired" for each in self.events):
            self.browser.receive()
        return self

    def evaluate(self, script: str) -> Any:
        """Return the value of an expression; of a promise, what it comes to."""
        answer = self.command(
            "Runtime.evaluate",
            expression=script,
            returnByValue=True,
            awaitPromise=True,
            userGesture=True,
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def resize(self, width: int, height: int) -> None:
        """Give the window another size; one as narrow as a phone is one."""
        self.command(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )

    def press(self, key: str) -> None:
        """Press a key and let it go."""
        text = {"text": key} if len(key) == 1 else {"text": "\r"} if key == "Enter" else {}
        code = _CODES.get(key) or ord(key.upper())
        for type_ in ("keyDown", "keyUp"):
            self.command(
                "Input.dispatchKeyEvent",
                type=type_,
                key=key,
                windowsVirtualKeyCode=code,
                **(text if type_ == "keyDown" else {}),
            )

    def click(self, selector: str) -> None:
        """Click in the middle of an element, where a person would: something above it is hit."""
        place = self.evaluate(
            f"""(() => {{
                const found = document.querySelector({json.dumps(selector)});
                found.scrollIntoView({{ block: "center", behavior: "instant" }});
                const box = found.getBoundingClientRect();
                return [box.x + box.width / 2, box.y + box.height / 2];
            }})()"""
        )
        for type_ in ("mousePressed", "mouseReleased"):
            x, y = place
            self.command(
                "Input.dispatchMouseEvent", type=type_, x=x, y=y, button="left", clickCount=1
            )

    def picture(self, file: Path, whole: bool = False) -> None:
        """Save what can be seen, or the whole page."""
        shot = self.command("Page.captureScreenshot", captureBeyondViewport=whole)
        file.write_bytes(base64.b64decode(shot["data"]))

    def pdf(self) -> bytes:
        """Return the page as it is printed."""
        return base64.b64decode(self.command("Page.printToPDF", printBackground=True)["data"])

    def complaints(self) -> list[str]:
        """What went wrong in the page: errors and warnings, of scripts, policy and network."""
        kinds = ("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled")
        return [json.dumps(each["params"]) for each in self.events if each["method"] in kinds]

    def requests(self) -> list[str]:
        """All addresses that were asked for."""
        return [
            each["params"]["request"]["url"]
            for each in self.events
            if each["method"] == "Network.requestWillBeSent"
        ]


def start(folder: Path) -> Browser:
    """Start a browser whose profile lies in `folder`; skip the test where there is none."""
    needs("chromium")
    theirs, ours = os.pipe(), os.pipe()
    flags = (
        *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
        *("--no-first-run", "--remote-debugging-pipe", f"--user-data-dir={folder / 'profile'}"),
    )
    process = subprocess.Popen(
        [sys.executable, "-c", _START, str(theirs[0]), str(ours[1]), "chromium", *flags],
        pass_fds=(theirs[0], ours[1]),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs[0])
    os.close(ours[1])
    return Browser(process, ours[0], theirs[1])
