"""The order saga as a team would run it: on SQL databases, with SQLAlchemy.

    make check TARGET=implementations.durable:make                    SQLite files
    DURABLE_URL=postgresql+psycopg://postgres@127.0.0.1/test make check TARGET=…    PostgreSQL

`order`, `payment`, `inventory` and `shipping` are the four services, each with a database of its
own; `service` is how each of them handles a message, `storage` what it keeps. These are the files
to copy. `homes` and `databases` say where the databases are and lend them to one run after the
other; `saga` puts it all together as a target. Its pauses at commits and its lock waits come from
`implementations/adapting/sqlalchemy.py`.

A state has no `digest`: what an open transaction has read and written cannot be seen from outside.
"""

from implementations.durable.saga import Parts, Saga, build, every_statement, make, postgresql

__all__ = ["Parts", "Saga", "build", "every_statement", "make", "postgresql"]
