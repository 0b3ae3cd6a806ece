"""The HTML report in a real browser: layout, stepping, copying, colours, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reports.wording import printable
from tests import browser
from tests.browser import Browser, Page
from tests.reports import html_samples, samples

#: A text of each kind that must be told from what is behind it: 4.5 is what WCAG calls AA. Where
#: nothing is painted behind an element, what is behind its parent shows.
CONTRAST = """(() => {
  const rgb = (value) => value.match(/[\\d.]+/g).map(Number);
  const over = (top, below) => {
    const alpha = top[3] ?? 1;
    return top.slice(0, 3).map((part, i) => part * alpha + below[i] * (1 - alpha));
  };
  const behind = (element) => {
    if (!element) return [255, 255, 255];
    const below = behind(element.parentElement);
    const style = getComputedStyle(element);
    const band = element.matches("svg .step") && element.querySelector("rect");
    const painted = band ? getComputedStyle(band).fill : style.backgroundColor;
    return painted === "none" ? below : over(rgb(painted), below);
  };
  const light = (colour) => {
    const [r, g, b] = colour.map((part) => part / 255)
      .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = {};
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || element.closest("script, title, desc, .unseen")) continue;
    const style = getComputedStyle(element);
    if (style.visibility === "hidden" || !element.getClientRects().length) continue;
    const ground = behind(element);
    const front = over(rgb(element.closest("svg") ? style.fill : style.color), ground);
    const [high, low] = [light(front), light(ground)].sort((a, b) => b - a);
    const ratio = (high + 0.05) / (low + 0.05);
    const where = element.closest("svg") ? "svg" : element.closest("[class]").className;
    const name = `${where} ${element.tagName}.${element.getAttribute("class") ?? ""}`;
    if (!(found[name] <= ratio)) found[name] = ratio;
  }
  return found;
})()"""


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for all tests of this module."""
    started = browser.start(tmp_path_factory.mktemp("browser"))
    yield started
    started.close()


@pytest.fixture(autouse=True)
def closing(chromium: Browser) -> Iterator[None]:
    """No test leaves a page behind."""
    yield
    for page in [*chromium.pages.values()]:
        page.close()


@pytest.fixture(scope="module")
def friendly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the sample run."""
    return written(tmp_path_factory, html_samples.page(*html_samples.run()))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the hostile run."""
    return written(tmp_path_factory, html_samples.page(*html_samples.hostile_run()))


def written(factory: pytest.TempPathFactory, page: str) -> Path:
    """Write a page."""
    file = factory.mktemp("report") / "report.html"
    file.write_text(page, encoding="utf-8")
    return file


def opened(page: Page) -> Page:
    """Open all that can be opened."""
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    return page


def text_of(page: Page, selector: str) -> Any:
    """The text that an element shows."""
    return page.evaluate(f"document.querySelector({json.dumps(selector)}).innerText")


STATUS = "details.case[open] .at"


@pytest.mark.parametrize("width", [320, 390, 768, 1280, 1920])
def test_no_width_makes_the_page_scroll_sideways(
    chromium: Browser, friendly: Path, hostile: Path, width: int
) -> None:
    """Pins that wide things scroll inside of themselves, on a phone as on a desk."""
    for file in (friendly, hostile):
        page = opened(chromium.page(width, 800).go(file))
        wide, seen = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide <= seen


def test_nothing_is_asked_for_and_nothing_complained_of(
    chromium: Browser, friendly: Path, hostile: Path
) -> None:
    """Pins that a page asks for no other file, and has no error, whatever is in it."""
    for file in (friendly, hostile):
        page = opened(chromium.page().go(file))
        page.press("n")
        page.pdf()
        assert page.requests() == [file.as_uri()]
        assert page.complaints() == []


def test_a_complaint_would_be_seen(chromium: Browser, friendly: Path) -> None:
    """Pins that the policy forbids foreign code and requests, and that such things are noticed."""
    page = chromium.page().go(friendly)
    page.evaluate(
        """(() => {
            const script = document.createElement("script");
            script.textContent = "window.broken = 1";
            document.body.append(script);
            document.body.setAttribute("onclick", "window.broken = 2");
            document.body.click();
            new Image().src = "https://example.org/a.png";
            return fetch("https://example.org/").catch(() => 0);
        })()"""
    )
    assert page.evaluate("typeof window.broken") == "undefined"
    complaints = " ".join(page.complaints())
    assert len(page.complaints()) >= 4
    assert "Content Security Policy" in complaints


def test_keys_step_through_a_run(chromium: Browser, friendly: Path) -> None:
    """Pins next and previous by key: what is said, marked, and shown of ledger and balance."""
    page = chromium.page().go(friendly)
    assert text_of(page, STATUS) == "All 3 steps"
    page.press("n")
    assert text_of(page, STATUS) == "All 3 steps"  # the focus is not on a counterexample
    page.evaluate("document.querySelector('.stage').focus()")
    page.press("n")
    assert text_of(page, STATUS) == "Step 1 of 3: the customer places o1"
    assert text_of(page, ".ledger") == ""
    assert "held 0.00 EUR" in text_of(page, ".now")
    page.press("ArrowRight")
    page.press("ArrowRight")
    page.press("n")  # there is no fourth
    words = (
        "Step 3 of 3: deliver order.created(o1) to payment (breaks the property; leaves the model)"
    )
    assert text_of(page, STATUS) == words
    assert page.evaluate("document.querySelector('[aria-current=step]').value") == 3
    assert page.evaluate("document.querySelector('svg .current').dataset.step") == "3"
    page.press("p")
    assert text_of(page, STATUS).startswith("Step 2 of 3: payment: crash before")
    assert text_of(page, STATUS).endswith("(fault; order.created(o1) comes back)")
    assert "ch1" in text_of(page, ".ledger")
    assert "ch2" not in text_of(page, ".ledger")
    assert "held 12.50 EUR" in text_of(page, ".now")
    page.press("ArrowLeft")
    page.press("p")
    assert text_of(page, STATUS) == "All 3 steps"
    assert "ch2" in text_of(page, ".ledger")
    assert "held 25.00 EUR" in text_of(page, ".now")


def test_buttons_and_the_diagram_step_too(chromium: Browser, friendly: Path) -> None:
    """Pins the buttons by mouse and by keyboard, and a click on a step of the diagram."""
    page = chromium.page().go(friendly)
    page.click("[data-go=guilty]")
    assert text_of(page, STATUS).startswith("Step 3 of 3")
    page.click("[data-go=previous]")
    assert text_of(page, STATUS).startswith("Step 2 of 3")
    page.evaluate("document.querySelector('[data-go=next]').focus()")
    page.press("Enter")
    assert text_of(page, STATUS).startswith("Step 3 of 3")
    page.click("svg .step[data-step='1']")
    assert text_of(page, STATUS).startswith("Step 1 of 3")


@pytest.mark.parametrize("width", [390, 1280])
def test_the_step_can_be_seen_where_one_steps(
    chromium: Browser, tmp_path: Path, width: int
) -> None:
    """Pins that a long diagram follows, and the buttons stay: below it on a phone, else beside."""
    summary, _ = html_samples.run()
    file = tmp_path / "report.html"
    cases = [html_samples.case(samples.long(40))]
    file.write_text(html_samples.page(summary, cases), encoding="utf-8")
    page = chromium.page(width, 760).go(file)
    page.click("[data-go=guilty]")
    step, arrow, button, height = page.evaluate(
        """[".current", ".current path", "[data-go=next]"].map((selector) => {
            const box = document.querySelector(selector).getBoundingClientRect();
            return [box.left, box.top, box.right, box.bottom];
        }).concat(innerHeight)"""
    )
    assert 0 <= step[1] < step[3] <= height
    assert 0 <= button[1] < button[3] <= height
    assert 0 <= arrow[0] < arrow[2] <= width
    beside = button[0] >= step[2] or button[1] >= step[3]
    assert beside


def test_copying(chromium: Browser, friendly: Path) -> None:
    """Pins that the buttons copy command and test to the letter, and say so; in the old way too."""
    page = opened(chromium.page().go(friendly))
    chromium.command(
        "Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"]
    )
    codes = page.evaluate("[...document.querySelectorAll('.code code')].map((e) => e.textContent)")
    _, cases = html_samples.run()
    assert codes[0] == cases[0].replay
    for refused in (False, True):
        for number, code in enumerate(codes[:2]):
            if refused:
                page.evaluate("navigator.clipboard.writeText = () => Promise.reject(); 0")
            name = f"it-{number}-{refused}"
            page.evaluate(f"document.querySelectorAll('.copy')[{number}].id = '{name}'")
            page.click(f"#{name}")
            assert page.evaluate("navigator.clipboard.readText()") == code
            assert text_of(page, f"#{name}") == "Copied"
            assert page.evaluate("document.querySelector('#said').textContent") == "Copied"
    assert "\ndef test_money_1_o1(tmp_path):\n" in codes[1]


def test_a_link_opens_the_counterexample(chromium: Browser, friendly: Path) -> None:
    """Pins that report.html#STOCK-3 shows that one, ready for the keys; without a script, too."""
    page = chromium.page().go(friendly, "#STOCK-3")
    assert page.evaluate("document.activeElement.closest('.case').open")
    page.press("n")
    steps = "[...document.querySelectorAll('.at')].map((each) => each.textContent)"
    assert page.evaluate(steps)[1] == "Step 1 of 6: the customer places o1"
    plain = chromium.page(scripts=False).go(friendly, "#STOCK-3")
    assert plain.evaluate("document.getElementById('STOCK-3').checkVisibility()")


def test_without_scripts_all_is_there(chromium: Browser, friendly: Path) -> None:
    """Pins that what matters can be read where no script runs, and no button stands there idly."""
    page = opened(chromium.page(scripts=False).go(friendly))
    shown = page.evaluate("document.body.innerText")
    c = samples.double_charge()
    assert c.safeguard
    for words in (c.finding, c.safeguard.advice, "charge 12.50 EUR (ch2)", "held 25.00 EUR"):
        assert words in shown
    assert [each.action in shown for each in c.steps] == [True] * 3
    visible = "[...document.querySelectorAll('button')].filter((b) => b.offsetParent).length"
    assert page.evaluate(visible) == 0


def test_printed_all_is_open(chromium: Browser, friendly: Path) -> None:
    """Pins that a printed page hides nothing in what is closed, and has nothing to press."""
    page = chromium.page(scripts=False).go(friendly)
    closed = "[...document.querySelectorAll('details:not([open]) > :not(summary)')]"
    seen = f"{closed}.map((each) => each.checkVisibility())"
    count = len(page.evaluate(seen))
    assert count > 3
    assert page.evaluate(seen) == [False] * count
    page.command("Emulation.setEmulatedMedia", media="print")
    assert page.evaluate(seen) == [True] * count
    assert page.evaluate("getComputedStyle(document.querySelector('nav')).display") == "none"
    assert page.pdf().startswith(b"%PDF")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_colours_can_be_told_apart(chromium: Browser, friendly: Path, dark: bool) -> None:
    """Pins a contrast of 4.5 for each kind of text, in both schemes, which are not the same."""
    page = opened(chromium.page(dark=dark).go(friendly))
    found = page.evaluate(CONTRAST)
    assert len(found) > 40
    assert {name: ratio for name, ratio in found.items() if ratio < 4.5} == {}
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(20, 25, 27)") is dark


def test_what_a_screen_reader_hears(chromium: Browser, friendly: Path) -> None:
    """Pins landmarks, the name and description of a diagram, the live line, names of buttons."""
    page = opened(chromium.page().go(friendly))
    nodes = page.command("Accessibility.getFullAXTree")["nodes"]
    named: dict[str, list[str]] = {}
    for node in nodes:
        if not node["ignored"]:
            role, name = node["role"]["value"], node.get("name", {}).get("value", "")
            named.setdefault(role, []).append(name)
    assert {"banner", "navigation", "main", "contentinfo"} <= named.keys()
    assert {"Sequence of MONEY-1", "Sequence of STOCK-3"} <= {
        *named["image"],
        *named.get("img", []),
    }
    described = [n["description"]["value"] for n in nodes if n.get("description", {}).get("value")]
    assert any(each.startswith("3 steps between customer, order") for each in described)
    assert "All 3 steps" in page.evaluate("document.querySelector('[role=status]').textContent")
    assert {"Next →", "Copy: Replay command", "Copy: Regression test"} <= {*named["button"]}
    assert all(named["button"])
    assert "1 of 5 properties is violated." in named["heading"]
    assert "region" not in named  # each would be a landmark, and so many lead nowhere


def test_focus_can_be_seen(chromium: Browser, friendly: Path) -> None:
    """Pins that what the Tab key reaches is outlined, the first being the way past the head."""
    page = chromium.page().go(friendly)
    page.press("Tab")
    assert text_of(page, ":focus") == "Skip to the verdicts"
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    for _ in range(12):
        assert page.evaluate(outline) == "solid"
        page.press("Tab")


def test_hostile_strings_are_shown(chromium: Browser, hostile: Path) -> None:
    """Pins that hostile strings are text in the page, in the diagram, and when one steps."""
    page = opened(chromium.page().go(hostile))
    shown = printable(samples.HOSTILE)
    assert shown in page.evaluate("document.querySelector('.sentence').textContent")
    page.click("[data-go=next]")
    assert shown in text_of(page, STATUS)
    assert page.evaluate("document.querySelectorAll('script').length") == 1
    assert [e for e in page.events if e["method"] == "Page.javascriptDialogOpening"] == []


def test_fifty_counterexamples_open_at_once(
    chromium: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Pins that a large report costs the browser less than a second.

    A second of CPU time: the clock tells more of what else runs on this machine.
    """
    file = written(tmp_path_factory, html_samples.many(50, 60))
    page = chromium.page()
    page.command("Performance.enable")
    before = cpu_seconds(page)
    page.go(file)
    assert page.evaluate("document.querySelectorAll('.case').length") == 50
    assert 0 < cpu_seconds(page) - before < 1


def cpu_seconds(page: Page) -> float:
    """The CPU time that the process of a page has used so far."""
    metrics = page.command("Performance.getMetrics")["metrics"]
    return next(float(each["value"]) for each in metrics if each["name"] == "ProcessTime")
