"""Fresh state for each run for services on Django, and a pause at each of their commits.

    DATABASE = DjangoDatabase("orders", "billing")   # once, before their models are imported
    DATABASE.fresh(world)                            # in the factory; then the rows to begin with
    DATABASE.shown(read)                             # in `observe`

A crash rolls back what the handler had not committed: `restart` has nothing to do here.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar

from implementations.adapting.django.connections import OfEachHandler
from implementations.adapting.django.places import WHERE, databases_for, settings_by_alias
from implementations.contract import World
from implementations.errors import TargetError

T = TypeVar("T")


class DjangoDatabase:
    """The databases of Django in this process: made once, emptied for each run.

    Each is a SQLite file that goes with the process, or, with the `url` of a PostgreSQL database or
    with DATABASES that name one, a database beside that one which goes with the process too. There
    is one settings module in a process, so all services share it: give all their apps, and any
    other setting by its name. Where `aliases` names more than one, say with DATABASE_ROUTERS who is
    where.

    There may be a second one, with the same apps and settings and other databases: those are in
    force that were `fresh` last.

    Raises:
        TargetError: Django is not installed, was configured by somebody else, or is to have
            databases that handlers cannot pause in, or that are not there.
    """

    _configured: ClassVar[tuple[Any, ...] | None] = None

    def __init__(
        self,
        *apps: str,
        aliases: tuple[str, ...] = ("default",),
        url: str = "",
        DATABASES: Mapping[str, Mapping[str, Any]] | None = None,
        **settings: Any,
    ) -> None:
        given = settings_by_alias(aliases, url, DATABASES)
        conf = _imported("django.conf")
        if conf.settings.configured and DjangoDatabase._configured != (apps, settings):
            raise TargetError(
                "Django is configured already",
                WHERE,
                "make one DjangoDatabase, with the apps of all services, before anything reads "
                "Django's settings or imports a model; other settings are given by name",
            )
        self._databases, places = databases_for(given)
        if not conf.settings.configured:
            self._configure(apps, settings)
        self._run = _imported("implementations.adapting.django.pauses").RUN
        self._put_in_force()
        migrate = _imported("django.core.management").call_command
        for alias in self._databases:
            migrate("migrate", database=alias, run_syncdb=True, verbosity=0, interactive=False)
            _imported("django.db").connections[alias].filled()
        self._run.handlers.forget(here=True)
        for place in places:
            place.filled()
        self._seen: tuple[int, Any] | None = None
        self._tables = {alias: self._tables_of(alias) for alias in self._databases}

    def _configure(self, apps: tuple[str, ...], settings: dict[str, Any]) -> None:
        _imported("django.conf").settings.configure(
            **{
                "INSTALLED_APPS": list(apps),
                "DATABASES": self._databases,
                "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
                "USE_TZ": True,
                **settings,
            }
        )
        DjangoDatabase._configured = apps, settings
        handlers = OfEachHandler.of(_imported("django.db").connections)
        _imported("implementations.adapting.django.pauses").RUN.handlers = handlers
        _imported("django").setup()

    def _put_in_force(self) -> None:
        self._run.world = None
        if self._run.where is not self:
            self._run.where = self
            self._run.handlers.forget(here=True)
            connections = _imported("django.db").connections
            connections.settings = connections.configure_settings(self._databases)

    @staticmethod
    def _tables_of(alias: str) -> list[str]:
        introspection = _imported("django.db").connections[alias].introspection
        return [
            table
            for table in introspection.django_table_names(only_existing=True)
            if table != "django_migrations"
        ]

    def fresh(self, world: World) -> None:
        """Begin a run: no open transactions, empty tables, numbers from one. From now on this run's
        handlers pause at commits."""
        self._put_in_force()
        self._run.handlers.forget()
        no_style = _imported("django.core.management.color").no_style()
        for alias, tables in self._tables.items():
            ops = _imported("django.db").connections[alias].ops
            ops.execute_sql_flush(ops.sql_flush(no_style, tables, reset_sequences=True))
        self._run.world = world
        self._run.commits += 1

    def shown(self, read: Callable[[], T]) -> T:
        """In `observe`: what `read()` returns. It is read anew once something was committed."""
        if self._seen is None or self._seen[0] != self._run.commits:
            self._seen = self._run.commits, read()
        seen: T = self._seen[1]
        return seen


def _imported(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("django"):
            raise
        fix = "pip install 'django>=4.2' (the extra `django`), in the environment of the kit"
        raise TargetError("Django is not installed", WHERE, fix) from None
