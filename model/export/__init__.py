"""The table for other checkers: SPIN, TLC and rumur explore it independently of our engines.

Each module has a `render(table, scope) -> str`. What they render is worked out once, in `rules`
and `statements`, in an expression language of names, `and`, `or`, `not` and comparisons, which each
of them spells its own way (`words`).
"""
