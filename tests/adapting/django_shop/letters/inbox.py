"""Handling each message once."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import transaction

from tests.adapting.django_shop.letters.models import Received


def once(service: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A consumer whose work and whose note of the message are one transaction."""

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        @wraps(function)
        def handle(message: Any, *more: Any) -> None:
            with transaction.atomic():
                _, new = Received.objects.get_or_create(
                    service=service, message_id=message["message_id"]
                )
                if new:
                    function(message, *more)

        return handle

    return decorate
