"""Payments."""

from __future__ import annotations

from django.db import models


class Payment(models.Model):  # type: ignore[misc]
    """What was asked of a customer."""

    order = models.CharField(max_length=50, primary_key=True)
    amount = models.IntegerField()
    state = models.CharField(max_length=20)
