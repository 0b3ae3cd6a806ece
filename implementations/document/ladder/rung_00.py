"""The document as it stands."""

from implementations.document import make
from implementations.document.saga import SERVICES

__all__ = ["SERVICES", "make"]
