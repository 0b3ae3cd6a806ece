"""Workers of xdist, here or reached over sockets: which of them went down, and what it was doing.

A part whose worker went down is done again by another one, once: nothing that it found had arrived,
so nothing is lost or counted twice. Should that worker go down as well, the part is what brings
them down; then it is missing, and what it might have found is unknown. xdist replaces a worker;
where the machine of a remote one no longer answers, the new one runs on this machine.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import Any

import pytest
from attrs import define, field

from properties.session import Verification, part_of

#: Seconds in which a machine must accept a connection.
_PATIENCE = 3.0
#: Seconds after which a connection that is neither used nor closed counts as one that waits.
_SILENCE = 1.0


@define(eq=False)
class Workers:
    """The plugin of the process that leads the workers."""

    verification: Verification
    again: set[str] = field(factory=set)
    """Parts whose worker went down once."""

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: Sequence[str]) -> None:
        """Know which parts there are to be done."""
        self.verification.plan(ids)

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str, report: Any, sched: Any) -> None:
        """Have a part done again, if this is the first time that its worker went down."""
        part = part_of(crashitem)
        if not part or part in self.again:
            return
        self.again.add(part)
        worker = report.node.gateway.id
        try:
            sched.mark_test_pending(crashitem)
        except NotImplementedError:  # not every way of distributing can take one back
            return
        said = f"worker {worker} went down while it did {part}"
        if part in self.verification.portions:
            self.verification.remark(f"{said}, of which all had arrived")
        else:
            self.verification.remark(f"{said}, which was given to another one")
        report.outcome = "skipped"
        report.longrepr = (crashitem.partition("::")[0], 0, f"{said}; it is given to another one")

    @pytest.hookimpl(optionalhook=True, tryfirst=True)
    def pytest_testnodedown(self, node: Any, error: object | None) -> None:
        """Let the one that takes the place of a lost worker run here, if it cannot run there."""
        spec = node.gateway.spec
        if not error or not spec.socket or answers(spec.socket):
            return
        place = spec.socket
        spec.socket, spec.chdir, spec.popen = None, None, True
        self.verification.remark(
            f"worker {node.gateway.id} at {place} does not answer any more: another one on this "
            "machine took its place"
        )


def answers(place: str) -> bool:
    """Whether a server of execnet is there: it waits to be spoken to.

    The system may still take a connection for one that is being killed; it is closed at once.
    """
    host, _, port = place.rpartition(":")
    try:
        connection = socket.create_connection((host, int(port)), _PATIENCE)
    except (OSError, ValueError):
        return False
    with connection:
        connection.settimeout(_SILENCE)
        try:
            return connection.recv(1) != b""
        except TimeoutError:
            return True
        except OSError:
            return False
