"""How a target is closed, and what is awaited of it where nothing may be waited for."""

from __future__ import annotations

from typing import Any

from implementations.errors import TargetError
from properties.world.tasks import describe_error


def close_target(target: Any) -> None:
    """End what a run of the target has opened.

    Raises:
        TargetError: it fails to, so that what it has opened may stay open.
    """
    try:
        closing = target.close()
        if hasattr(closing, "send"):
            at_once(
                closing, "close()", "close() ends what the run has opened, and waits for nobody"
            )
    except TargetError:
        raise
    except (Exception, SystemExit) as error:
        raise TargetError(
            f"raised {describe_error(error)}",
            "close()",
            "close() is called once at the end of each run, whatever the run has left half done, "
            "and must end what the run has opened",
        ) from error


def at_once(running: Any, where: str, rule: str) -> Any:
    """What a coroutine returns that does not wait.

    Raises:
        TargetError: it does wait.
    """
    try:
        running.send(None)
    except StopIteration as stop:
        return stop.value
    running.close()
    raise TargetError("awaits something that is not there at once", where, rule)
