"""The reference: how a correct choreographed order saga looks.

Read in this order: `order`, `payment`, `inventory`, `shipping` are the four services of the source
document, each with a store of its own; `service` is how each of them handles a message; `storage`
is what a store is made of. `target` is what makes services in memory a target, and `saga` puts
these four together.

A comment such as `B22` stands on the line without which the bug of that number in the catalogue
would be there.
"""

from implementations.reference.saga import Parts, Saga, build, make

__all__ = ["Parts", "Saga", "build", "make"]
