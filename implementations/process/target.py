"""A target that is one process, or one for each participant: each member is a conversation."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from implementations.process.connection import Command
from implementations.process.core import CORE
from implementations.process.merging import (
    check_alone,
    declared_together,
    order_participant,
    shown_together,
)
from implementations.process.protocol import Do
from implementations.process.session import Lost, Pool, Session

Sessions = Mapping[str, Session]


def factory_of(commands: Iterable[Command]) -> Callable[[Any], Any]:
    """A factory of targets that are the processes of these commands."""
    pools = [Pool(command) for command in commands]

    def make(world: Any) -> ProcessTarget:
        return ProcessTarget(pools, world)

    listed = ", ".join(pool.command.name for pool in pools)
    make.__doc__ = f"{'A process' if len(pools) == 1 else 'Processes'}: {listed}."
    return make


class ProcessTarget:
    """A saga in processes, as the kit wants to see it. What it lacks is None."""

    def __init__(self, pools: Iterable[Pool], world: Any) -> None:
        taken: list[tuple[Pool, Session]] = []
        self._release = weakref.finalize(self, _give_back, taken)
        self._release.atexit = False
        CORE.enter()
        for pool in pools:
            taken.append((pool, pool.take()))
            taken[-1][1].start(world)
        self.sessions = [session for _, session in taken]
        self._of, declared = _arranged(self.sessions)
        self._at = order_participant(declared)
        self._orders = self._of[self._at] if self._of else self.sessions[0]
        for name, value in declared.items():
            setattr(self, name, value)
        self._offer()
        self._queues: dict[tuple[str, str], str] = {}

    subscriptions: Mapping[str, Any]

    def _offer(self) -> None:
        """Have the optional members that the processes have."""
        everybody = frozenset[str]().union(*(session.members for session in self.sessions))
        mine = self._orders.members
        self.relay = self._relay if "relay" in everybody else None
        self.queues = self._queue if "queues" in everybody else None
        self.cancel_order = self._cancel if "cancel_order" in mine else None
        self.refuses = self._refuses if "refuses" in mine else None
        self.actions = self._actions if "actions" in mine else None
        self.act = self._act if "act" in mine else None

    @property
    def relaying(self) -> frozenset[str]:
        """Participants whose process relays their outboxes."""
        return frozenset(name for name, one in self._of.items() if "relay" in one.members)

    def place_order(self, order: dict[str, Any]) -> Any:
        """Start a saga."""
        return self._orders.ask(Do.PLACE, participant=self._at, order=order)

    def handle(self, participant: str, event: dict[str, Any]) -> Any:
        """Process one message; one whose process died under it comes back."""
        try:
            return self._of[participant].ask(Do.HANDLE, participant=participant, event=event)
        except Lost:
            return "requeue"

    def observe(self) -> Any:
        """A snapshot: what has been told by now, or, where nothing has happened, is told anew."""
        asked = not any(session.news for session in self.sessions)
        if len(self.sessions) == 1:
            return self.sessions[0].observe(asked)
        return shown_together({name: one.observe(asked) for name, one in self._of.items()})

    def restart(self, participant: str) -> None:
        """Come back after a crash."""
        self._of[participant].restart(participant)

    def close(self) -> None:
        """The run is over: the processes are free for the next one."""
        self._release()

    def _relay(self, participant: str) -> Any:
        session = self._of[participant]
        return session.ask(Do.RELAY, participant=participant) if "relay" in session.members else 0

    def _queue(self, participant: str, type: str) -> Any:
        session, pair = self._of[participant], (participant, type)
        if "queues" not in session.members:
            return f"{participant}/{type}"
        if pair not in self._queues:
            self._queues[pair] = session.ask(Do.QUEUE, participant=participant, type=type)
        return self._queues[pair]

    def _cancel(self, order_id: str) -> Any:
        return self._orders.ask(Do.CANCEL, participant=self._at, order=order_id)

    def _refuses(self, order: dict[str, Any]) -> Any:
        return self._orders.ask(Do.REFUSES, order=order)

    def _actions(self) -> Any:
        return self._orders.ask(Do.ACTIONS)

    def _act(self, name: str, order_id: str) -> Any:
        return self._orders.ask(Do.ACT, participant=self._at, name=name, order=order_id)


def _arranged(sessions: list[Session]) -> tuple[dict[str, Session], dict[str, Any]]:
    """Which session is which participant, and what they declare together."""
    first = sessions[0]
    if not first.connection.command.participant:
        declared = dict(first.declaration.data) if first.declaration else {}
        subscriptions = declared["subscriptions"]
        return dict.fromkeys(subscriptions, first), declared
    parts: dict[str, Mapping[str, Any]] = {}
    for session in sessions:
        assert session.declaration is not None
        command = session.connection.command
        check_alone(command, session.declaration.data)
        parts[command.participant] = session.declaration.data
    of = {session.connection.command.participant: session for session in sessions}
    return of, declared_together(parts)


def _give_back(taken: list[tuple[Pool, Session]]) -> None:
    try:
        for pool, session in taken:
            pool.give_back(session)
    finally:
        CORE.leave()
