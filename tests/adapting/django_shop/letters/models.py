"""Letters that came, and letters that are to go."""

from __future__ import annotations

from typing import Any

from django.db import models


class Received(models.Model):  # type: ignore[misc]
    """A message that a service has handled."""

    service = models.CharField(max_length=20)
    message_id = models.CharField(max_length=200)

    class Meta:
        """None twice."""

        constraints = (
            models.UniqueConstraint(fields=["service", "message_id"], name="handled once"),
        )


class Letter(models.Model):  # type: ignore[misc]
    """A message that somebody is to publish."""

    service = models.CharField(max_length=20)
    topic = models.CharField(max_length=50)
    order = models.CharField(max_length=50)
    body = models.JSONField()


def write(service: str, topic: str, order: str, **body: Any) -> None:
    """Leave a message with the change that it tells of."""
    Letter.objects.create(service=service, topic=topic, order=order, body={"order": order, **body})
