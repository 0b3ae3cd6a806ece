"""The document's own example, typed in as it stands: it works until something goes wrong.

`services` has the services with all their defects, and `saga` makes a target of them. `ladder`
mends them one by one, each time what the kit's report asked for; `docs/tutorial.md` walks up.
"""

from __future__ import annotations

from typing import Any

from implementations.document.saga import SERVICES, Saga


def make(world: Any) -> Saga:
    """The document as it stands."""
    return Saga(world, SERVICES)
