"""What people do to an order between the steps of a saga: pay, reserve, pack, try again.

PEOPLE = People(confirm, pay, retry, retry, ship)  # functions of the order's id, in this order
self.actions, self.act = PEOPLE.actions, PEOPLE.act

@refused_on(ValidationError)
def cancel_order(self, order): ...
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Literal, ParamSpec

Given = ParamSpec("Given")


class People:
    """The target's members `actions` and `act`.

    Each function is called once for an order, in an order that the schedule chooses. Whatever
    cannot be done yet raises: it is tried again later. So a function looks first what is
    done already, as whoever got an error or no answer would. One that is given twice is done twice.
    """

    def __init__(self, *steps: Callable[[str], Any]) -> None:
        self._steps: dict[str, Callable[[str], Any]] = {}
        for step in steps:
            name = step.__name__
            times = 1 + sum(other.__name__ == name for other in self._steps.values())
            self._steps[name if times == 1 else f"{name} {times}"] = step

    def actions(self) -> list[str]:
        """The target's member of that name."""
        return list(self._steps)

    def act(self, name: str, order: str) -> None:
        """The target's member of that name."""
        self._steps[name](order)


def refused_on(
    *errors: type[Exception],
) -> Callable[[Callable[Given, Any]], Callable[Given, Literal["refused"] | None]]:
    """For `place_order` and `cancel_order`: these errors say that the saga does not take it."""

    def decorated(function: Callable[Given, Any]) -> Callable[Given, Literal["refused"] | None]:
        @wraps(function)
        def called(*given: Given.args, **named: Given.kwargs) -> Literal["refused"] | None:
            try:
                function(*given, **named)
            except errors:
                return "refused"
            return None

        return called

    return decorated
