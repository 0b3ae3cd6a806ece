"""What holds for every test of the kit itself: the same inputs in every run."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("kit", derandomize=True, database=None)
settings.load_profile("kit")
