"""The reference saga as a process of its own, unchanged.

python -m pytest properties --saga-target='cmd: python .../examples/python/reference.py'
"""

from __future__ import annotations

import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[4]
sys.path[:0] = [str(_ROOT), str(_ROOT / "implementations" / "process" / "clients" / "python")]

if __name__ == "__main__":
    import saga  # type: ignore[import-not-found]

    from implementations.reference import make

    saga.serve(make)
