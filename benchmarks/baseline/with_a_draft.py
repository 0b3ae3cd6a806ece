"""The first draft of the hand-written machine, run as the whole of it is."""

from __future__ import annotations

from functools import partial

from benchmarks.baseline import with_the_machine
from benchmarks.baseline.handwritten import Draft

hunt = partial(with_the_machine.hunt, rules=Draft)
rate = partial(with_the_machine.rate, rules=Draft)
