"""The drivers of the search: each yields runs, all over the same list of actions."""
