"""What people have done to the orders, and what they have tried in vain.

Who tries a step too early is told by an error, and tries again when something has moved. Only
where nothing moves, or nothing but what the attempt itself has brought about, is a step given up:
or a step that can never be done would be tried for ever.
"""

from __future__ import annotations

from collections.abc import Container

from attrs import define, field

#: How often people try what ends in an error while nothing else moves.
ACT_ATTEMPTS = 5


@define(eq=False)
class People:
    """The steps of people in one run, by the names of their calls."""

    done: set[str] = field(factory=set)
    """What was done, is under way, or is given up for now: each step once for each order."""
    in_vain: dict[str, int] = field(factory=dict)
    """Step -> how often it was tried since something else has moved."""
    echo: bool = False
    """Whether what moves now is only what the last attempt has brought about."""

    def begin(self, name: str, at_rest: bool) -> None:
        """Somebody tries a step."""
        self.done.add(name)
        self.echo = at_rest

    def fail(self, name: str) -> None:
        """Whoever tried it got an error, or no answer."""
        attempts = self.in_vain[name] = self.in_vain.get(name, 0) + 1
        if attempts < ACT_ATTEMPTS:
            self.done.discard(name)

    def handled(self, under_way: Container[str]) -> None:
        """A message was handled: no reason to try again for whoever has published it in vain."""
        if not self.echo:
            self.moved(under_way)

    def moved(self, under_way: Container[str]) -> None:
        """Something else has moved: what was tried in vain may be possible now.

        A step that has just gone well counts as under way: it is not offered again.
        """
        self.echo = False
        if self.in_vain:
            self.done.difference_update(name for name in self.in_vain if name not in under_way)
            self.in_vain.clear()
