"""For services on Django: see `database`. `sqlite` and `postgresql` are its backends."""

from __future__ import annotations

from implementations.adapting.django.database import DjangoDatabase

__all__ = ["DjangoDatabase"]
