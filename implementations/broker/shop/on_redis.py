"""One service of the shop on Redis Streams, as one writes it with redis-py."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import redis

from implementations.broker.shop import outside
from implementations.broker.shop.services import VARIANTS, Refused
from implementations.broker.shop.store import Store

STREAM = "shop"


def main() -> None:
    """Consume until the end."""
    name = os.environ["PARTICIPANT"]
    client: Any = redis.Redis.from_url(
        os.environ["BROKER_URL"], decode_responses=True, socket_timeout=None
    )

    def publish(type: str, body: str, id: str, order: str) -> None:
        try:
            client.xadd(STREAM, {"type": type, "id": id, "subject": order, "body": body})
        except redis.ResponseError as error:
            raise ConnectionError(f"{type} was not taken") from error

    kind = next(kind for kind in VARIANTS[os.environ["VARIANT"]] if kind.name == name)
    store = Store(Path(os.environ["STATE"]) / f"{name}.db")
    service = kind(store, outside.ask, publish)

    with suppress(redis.ResponseError):  # it is there already
        client.xgroup_create(STREAM, name, id="0", mkstream=True)
    service.flush()
    after = "0"  # first what we had not acknowledged when we died
    while True:
        answer = client.xreadgroup(name, "one", {STREAM: after}, count=1, block=60_000)
        entries = answer[0][1] if answer else []
        if not entries:
            after = ">"
            continue
        entry, fields = entries[0]
        try:
            data = json.loads(fields["body"])
            if not types_of(service, fields["type"]):
                raise Refused(fields["type"])
            service.handle(fields["type"], fields["id"], fields["subject"], data)
        except (ValueError, Refused):
            pass  # nothing that would be better the next time
        except (ConnectionError, TimeoutError):
            after = "0"
            continue
        client.xack(STREAM, name, entry)
        after = ">"


def types_of(service: Any, type: str) -> bool:
    """Whether a service has something to do for a type: all share one stream."""
    return hasattr(service, type.replace(".", "_"))


if __name__ == "__main__":
    main()
