"""How the shop reaches its gateway and its carrier: over HTTP."""

from __future__ import annotations

import http.client
import json
import os
from typing import Any
from urllib.parse import urlsplit


def ask(port: str, **arguments: Any) -> Any:
    """POST the arguments; what is not 200 is an exception."""
    place = urlsplit(os.environ["GATEWAY_URL"])
    connection = http.client.HTTPConnection(place.netloc, timeout=60)
    try:
        body = json.dumps(arguments)
        connection.request("POST", "/" + port.replace(".", "/"), body)
        answer = connection.getresponse()
        said = json.loads(answer.read())
    finally:
        connection.close()
    if answer.status == 504:
        raise TimeoutError(said)
    if answer.status == 503:
        raise ConnectionError(said)
    if answer.status != 200:
        raise ValueError(said)
    return said
