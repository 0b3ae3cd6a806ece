"""What a target uses of the world: where its safeguards may be, and where there can be none."""

from __future__ import annotations

from attrs import define, field

from properties.mutation.mutation import Arguments, Mutation, Tally
from properties.mutation.wrapping import wrapped
from properties.world.subject import Subject
from properties.world.tasks import Work


@define
class Usage:
    """What was seen in some runs."""

    ports: set[str] = field(factory=set)
    """Ports that were called."""
    publishers: set[str] = field(factory=set)
    """Participants that publish."""
    relaying: set[str] = field(factory=set)
    """Those that publish from an outbox."""
    timers: set[str] = field(factory=set)
    """The types of the timers that were set."""


def noticing(subject: Subject, usage: Usage) -> Subject:
    """The subject as it is; what it uses is noted in `usage`."""

    class Noticing(Mutation):
        """Takes nothing away."""

        ports = None

        def asked(self, port: str, arguments: Arguments) -> Arguments:
            """Note the call."""
            usage.ports.add(port)
            if port == "timer":
                usage.timers.add(str(arguments.get("type")))
            elif port == "publish":
                usage.publishers.add(self.participant)
                if self.call is not None and self.call.work is Work.RELAY:
                    usage.relaying.add(self.participant)
            return arguments

    return wrapped(subject, lambda world: Noticing(world, (), Tally()))
