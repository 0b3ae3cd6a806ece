"""For services on Django: see `database`. `sqlite` is the backend that they run on meanwhile."""

from __future__ import annotations

from implementations.adapting.django.database import DjangoDatabase

__all__ = ["DjangoDatabase"]
