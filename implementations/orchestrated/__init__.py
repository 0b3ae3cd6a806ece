"""The same order saga with an orchestrator: one service commands, three obey and reply.

Read in this order: `plan` is the saga as data, what comes after what and what undoes it; the
`orchestrator` is in the order service and walks that plan, forward and back; `participants` are the
three who obey; `saga` puts them together as a target. How a message is handled once and whole, and
what a store is made of, is that of the choreographed reference (`implementations/reference`).

`faulty` has the mistakes that only an orchestrator can make.
"""

from implementations.orchestrated.saga import Parts, Saga, build, make
from implementations.orchestrated.variants import dispatching, reserve_first

__all__ = ["Parts", "Saga", "build", "dispatching", "make", "reserve_first"]
