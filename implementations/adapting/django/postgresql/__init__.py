"""A backend of Django's: PostgreSQL as it is, with pauses, and with waits that stop nobody else."""
