"""The fast way to explore: the same worlds, counts and verdicts as `model.exploration`.

The readable engine is the reference; this one is held against it, state by state and step by step.
Orders meet in nothing but the stock and the budgets, so what one order can do is worked out once
(`local`), turned into arrays (`packing`), and a world is one integer (`product`). What need not be
looked at, since something equal was looked at, is left out on request (`reduction`).
"""

try:
    import numpy  # noqa: F401
except ImportError as missing:
    raise ImportError(
        "The fast engine needs numpy, which is not installed: pip install numpy (the extra `fast`"
        " of pyproject.toml). Without it, model.exploration finds the same, more slowly."
    ) from missing
