"""What `manage.py post` does again and again: the oldest letter goes out, and only then it goes."""

from __future__ import annotations

from collections.abc import Callable

from tests.adapting.django_shop.letters.models import Letter


def post(service: str, publish: Callable[[Letter], None]) -> int:
    """Publish one letter of a service; how many were waiting."""
    waiting = Letter.objects.filter(service=service).order_by("id")
    number = int(waiting.count())
    if number:
        letter = waiting[0]
        publish(letter)
        letter.delete()
    return number
