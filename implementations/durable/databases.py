"""A database for each participant: lent to one run at a time, and cleared in between."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import define, field
from sqlalchemy import Engine, Select, Table, delete, insert

from implementations.adapting.sqlalchemy import Checkpoints, checkpoint_at_commits
from implementations.contract import World
from implementations.durable.homes import Home
from implementations.durable.storage import METADATA

#: What stands in the tables when a run begins.
Contents = Mapping[Table, list[dict[str, Any]]]


@define(eq=False)
class Database:
    """What one participant stores in, and what others do to it from outside."""

    engine: Engine
    """The service's own. Its connections die with the service."""
    outside: Engine
    """Of whoever looks on, and clears up: nobody crashes here."""
    tables: tuple[Table, ...]
    checkpoints: Checkpoints
    _seen: tuple[int, dict[Select[Any], list[Any]]] = field(factory=lambda: (-1, {}))

    def begin(self, world: World, contents: Contents) -> None:
        """Lend it to a run, with nothing in it but `contents`."""
        with self.outside.connect() as db:
            for table in self.tables:
                db.execute(delete(table))
                if contents.get(table):
                    db.execute(insert(table), contents[table])
        self.checkpoints.world = world
        self.checkpoints.commits += 1

    def crash(self) -> None:
        """The process is gone: so are its connections, and what they had not committed."""
        self.checkpoints.drop_connections()

    def end(self) -> None:
        """The run is over. A handler that is still paused keeps no lock from the next one."""
        if self.checkpoints.busy:
            self.checkpoints.drop_connections()

    def show(self, what: Select[Any]) -> list[Any]:
        """What is committed. Read only when something was: few steps of a run commit anything."""
        if self._seen[0] != self.checkpoints.commits:
            self._seen = (self.checkpoints.commits, {})
        known = self._seen[1]
        if what not in known:
            with self.outside.connect() as db:
                known[what] = list(db.execute(what))
        return known[what]


Databases = dict[str, Database]
"""By participant."""


@define(eq=False)
class Lending:
    """The databases of one kind of saga in one place. Two runs at once have two of each."""

    home: Home
    tables: Mapping[str, tuple[Table, ...]]
    """What each participant stores in."""
    statements: bool
    """Whether handlers may interleave between any two statements."""
    _latest: ClassVar[Lending | None] = None
    _free: list[Databases] = field(factory=list)
    _made: int = 0

    def take(self, world: World, contents: Contents) -> Databases:
        """Databases for a run, to be given back."""
        if Lending._latest not in (None, self):
            Lending._latest.rest()
        Lending._latest = self
        databases = self._free.pop() if self._free else self._make(world)
        for database in databases.values():
            database.begin(world, contents)
        return databases

    def give_back(self, databases: Databases) -> None:
        """A run is over."""
        for database in databases.values():
            database.end()
        self._free.append(databases)

    def rest(self) -> None:
        """Keep no connection that is not needed: another kind of saga has its turn."""
        for databases in self._free:
            for database in databases.values():
                database.engine.dispose()

    def _make(self, world: World) -> Databases:
        self._made += 1
        return {
            name: self._database(world, name, f"{id(self):x}_{self._made}_{name}", tables)
            for name, tables in self.tables.items()
        }

    def _database(
        self, world: World, participant: str, name: str, tables: tuple[Table, ...]
    ) -> Database:
        engine = self.home.engine(name)
        METADATA.create_all(engine, tables=tables)
        checkpoints = checkpoint_at_commits(engine, world, participant, self.statements)
        return Database(engine, self.home.outside(name), tables, checkpoints)
