"""A backend of Django's: SQLite that behaves, and pauses, as a server in production does."""
