"""Orders."""

from __future__ import annotations

from django.db import models


class Order(models.Model):  # type: ignore[misc]
    """What a customer wants, and how it went."""

    number = models.CharField(max_length=50, primary_key=True)
    state = models.CharField(max_length=20, default="open")
