"""The one name that the wheel puts into an environment; the kit is inside, in the folder `kit`.

Nothing in that folder can be imported from outside: pytest finds it in the kit's own run alone.
"""
