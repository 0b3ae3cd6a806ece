"""Opening a log: a file, compressed or not, or standard input; what cannot be read is said once."""

from __future__ import annotations

import gzip
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from implementations.errors import TargetError

GZIP = b"\x1f\x8b"
STANDARD_INPUT = "-"


@contextmanager
def opened(name: str, standard_input: BinaryIO | None = None) -> Iterator[TextIO]:
    """The text of a log; `-` is standard input.

    Bytes that are no UTF-8 do not end it: they come as lone surrogates, in the line they are in.

    Raises:
        TargetError: there is nothing to read.
    """
    if name == STANDARD_INPUT:
        yield _text(standard_input or sys.stdin.buffer)
        return
    path = Path(name)
    if path.is_dir():
        raise TargetError("this is a directory, not a log", name, "give the file itself")
    try:
        file = path.open("rb")
    except OSError as error:
        raise TargetError(
            f"the log cannot be read: {error.strerror}",
            name,
            "give a file, or - for standard input",
        ) from None
    with file:
        yield _text(file)


def _text(raw: BinaryIO) -> TextIO:
    buffered = (
        raw if isinstance(raw, io.BufferedReader) else io.BufferedReader(cast(io.RawIOBase, raw))
    )
    if buffered.peek(2)[:2] == GZIP:
        buffered = cast(io.BufferedReader, gzip.GzipFile(fileobj=buffered))
    return io.TextIOWrapper(buffered, encoding="utf-8-sig", errors="surrogateescape", newline="\n")
