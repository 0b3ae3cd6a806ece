"""What each schedule has violated, so that no two searches for a simpler one run the same twice.

Several properties are often violated for one reason. Each gets a counterexample of its own, and on
the way there most of the schedules are the same; so are those that one fault in the port sweep has
brought about, and those with which a single fault is tried in the place of two.
"""

from __future__ import annotations

from collections.abc import Iterable

from attrs import define, field

from properties.run import Schedule

#: So many schedules are kept in mind: about a kilobyte each.
MOST = 20_000
#: Schedules of a search are kept where they are as simple as those that a shrinker tries by the
#: hundred; those that chance has drawn do not come again.
SIMPLE = 1


@define(eq=False)
class Outcomes:
    """Of one target, in one process: schedules, and the properties that each has violated."""

    _violated: dict[object, frozenset[str]] = field(factory=dict)

    def note(self, schedule: Schedule, violated: Iterable[str]) -> None:
        """Keep in mind what a schedule has violated."""
        if len(self._violated) < MOST:
            self._violated[schedule.identity] = frozenset(violated)

    def rule_out(self, schedule: Schedule, property_id: str) -> bool:
        """Whether a schedule is known, and known not to violate a property."""
        violated = self._violated.get(schedule.identity)
        return violated is not None and property_id not in violated
