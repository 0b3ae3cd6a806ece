"""What each schedule has violated, so that no two searches for a simpler one run the same twice.

Several properties are often violated for one reason. Each gets a counterexample of its own, and on
the way there most of the schedules are the same; so are those that one fault in the port sweep has
brought about, and those with which a single fault is tried in the place of two.
"""

from __future__ import annotations

from collections.abc import Collection

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
    _simplest: dict[str, Schedule] = field(factory=dict)
    """Property -> the simplest schedule that was seen to violate it."""

    def note(self, schedule: Schedule, violated: Collection[str]) -> None:
        """Keep in mind what a schedule has violated."""
        for property_id in violated:
            known = self._simplest.get(property_id)
            if known is None or schedule.score < known.score:
                self._simplest[property_id] = schedule
        if len(self._violated) < MOST:
            self._violated[schedule.identity] = frozenset(violated)

    def simpler(self, property_id: str, than: Schedule) -> Schedule | None:
        """The simplest schedule known to violate a property, if it is simpler than another one.

        Both are of one search: under the same contract, with the same faults.
        """
        known = self._simplest.get(property_id)
        if known is None or known.score >= than.score:
            return None
        one, other = known.scope, than.scope
        same = (one.delivery, one.faults, one.budgets) == (
            other.delivery,
            other.faults,
            other.budgets,
        )
        return known if same else None

    def rule_out(self, schedule: Schedule, property_id: str) -> bool:
        """Whether a schedule is known, and known not to violate a property."""
        violated = self._violated.get(schedule.identity)
        return violated is not None and property_id not in violated
