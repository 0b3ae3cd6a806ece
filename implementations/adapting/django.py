"""Fresh state for each run for services on Django: configured in memory, migrated once.

empty = django_in_memory("orders", "billing")   # once, before their models are imported
empty()                                         # in the factory
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from implementations.errors import TargetError


def django_in_memory(*apps: str, **settings: Any) -> Callable[[], None]:
    """Configure Django for these apps, on SQLite in memory; returns what empties the tables.

    All handlers share its one connection, so let one run at a time, and relay in `handle`'s turn.

    Raises:
        TargetError: Django is not installed, or was configured by somebody else.
    """
    conf, django = _django(), importlib.import_module("django")
    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
    if not conf.settings.configured:
        key = {"DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField", "USE_TZ": True}
        given = {
            "INSTALLED_APPS": list(apps),
            "DATABASES": {"default": database},
            **key,
            **settings,
        }
        conf.settings.configure(**given)
        django.setup()
    elif missing := set(apps) - set(conf.settings.INSTALLED_APPS):
        fix = "configure it once, with the apps of all services"
        raise TargetError(
            f"Django is configured without {', '.join(sorted(missing))}", "django_in_memory", fix
        )
    management = importlib.import_module("django.core.management")
    management.call_command("migrate", run_syncdb=True, verbosity=0, interactive=False)
    return _flush_django


def _flush_django() -> None:
    connection = importlib.import_module("django.db").connection
    no_style = importlib.import_module("django.core.management.color").no_style()
    tables = connection.introspection.django_table_names(only_existing=True)
    kept = [table for table in tables if table != "django_migrations"]
    flush = connection.ops.sql_flush(no_style, kept, reset_sequences=True, allow_cascade=False)
    connection.ops.execute_sql_flush(flush)


def _django() -> Any:
    try:
        return importlib.import_module("django.conf")
    except ModuleNotFoundError:
        what, fix = "Django is not installed", "pip install django, in the environment of the kit"
        raise TargetError(what, "implementations.adapting.django", fix) from None
