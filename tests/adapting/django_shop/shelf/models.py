"""Goods, and what is set aside of them."""

from __future__ import annotations

from django.db import models


class Goods(models.Model):  # type: ignore[misc]
    """Pieces that nobody has."""

    sku = models.CharField(max_length=50, primary_key=True)
    pieces = models.IntegerField()


class Held(models.Model):  # type: ignore[misc]
    """Pieces for an order."""

    order = models.CharField(max_length=50)
    goods = models.ForeignKey(Goods, on_delete=models.CASCADE)
    pieces = models.IntegerField()
