"""The protocol of Redis on its way between a service and its streams.

Every participant reads a stream of its own, although it names the one that all share; what is
published goes to the kit's own stream.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import define, field

from implementations.broker.seam import Message, Passed, Published, Said, Settled, Wrong

_REFUSAL = b"-TRYAGAIN not available right now\r\n"
_ACKNOWLEDGES = {b"XACK", b"XACKDEL"}
_OF_A_KEY = {*_ACKNOWLEDGES, b"XDEL", b"XLEN", b"XRANGE", b"XPENDING", b"XCLAIM", b"XAUTOCLAIM"}
_OF_A_WORD_AND_A_KEY = {b"XGROUP", b"XINFO"}
_IN_TRANSACTION = Wrong(
    "uses MULTI, in which the kit cannot decide about one publication",
    "publish and acknowledge with commands of their own: a pipeline with transaction=False",
)


@define(eq=False)
class Keys:
    """The streams of one set of services."""

    prefix: bytes
    out: bytes
    """The stream that everything published is redirected to."""
    streams: dict[bytes, None] = field(factory=dict)

    def of(self, participant: bytes, key: bytes) -> bytes:
        """The stream that a participant reads where it says `key`."""
        own = self.prefix + key + b"." + participant
        self.streams[own] = None
        return own


@define(eq=False)
class RespWire:
    """One connection of a service."""

    keys: Keys
    participant: bytes
    queue: str = ""
    _from_service: bytes = b""
    _from_broker: bytes = b""
    _renamed: tuple[bytes, bytes] | None = None
    """The stream that it reads, by both names."""
    _reading: bool = False
    """The next reply is to XREADGROUP."""
    _outstanding: bool = False
    """It has a message that is not settled."""
    _refusing: bool = False

    def from_service(self, data: bytes) -> list[Said]:
        """What the service says in these bytes, and those before them."""
        self._from_service += data
        said = []
        while (end := _end(self._from_service)) > 0:
            raw, self._from_service = self._from_service[:end], self._from_service[end:]
            said.append(self._said(raw, list(_words(raw))))
        return said

    def _said(self, raw: bytes, words: list[bytes]) -> Said:
        name = words[0].upper()
        if name == b"MULTI":
            return _IN_TRANSACTION
        if name == b"XADD":
            return Published(_command([words[0], self.keys.out, *words[2:]]))
        if name == b"XREADGROUP":
            return self._read(words)
        if name in _OF_A_KEY or name in _OF_A_WORD_AND_A_KEY:
            place = 1 if name in _OF_A_KEY else 2
            words[place] = self.keys.of(self.participant, words[place])
            raw = _command(words)
        if name in _ACKNOWLEDGES and self._outstanding:
            self._outstanding = False
            return Settled("ack", raw)
        return Passed(raw)

    def _read(self, words: list[bytes]) -> Said:
        streams = [word.upper() for word in words].index(b"STREAMS") + 1
        if len(words) != streams + 2:
            return Wrong("reads several streams at once", "read one stream with each XREADGROUP")
        key, after = words[streams:]
        own = words[streams] = self.keys.of(self.participant, key)
        self._renamed = (own, key)
        raw = _command(words)
        self._reading = True
        if self._outstanding:
            self._outstanding = False
            again = after != b">"
            return Settled("requeue" if again else "unacked", raw, left=again)
        if after == b">":
            self.queue = f"{own.decode()} {words[2].decode()}"
        return Passed(raw)

    def from_broker(self, data: bytes) -> bytes:
        """What of these bytes the service is to hear."""
        self._from_broker += data
        heard = b""
        while (end := _end(self._from_broker)) > 0:
            raw, self._from_broker = self._from_broker[:end], self._from_broker[end:]
            if self._refusing:
                self._refusing, raw = False, _REFUSAL
            if self._reading:
                self._reading = False
                nothing = raw[:1] in b"-_" or raw.startswith(b"*-1") or raw.endswith(b"*0\r\n")
                self._outstanding = not nothing
            if self._renamed is not None:
                own, key = self._renamed
                raw = raw.replace(_text(own), _text(key), 1)
            heard += raw
        return heard

    def expect(self, message: Message, again: bool) -> None:
        """This message is on its way; nothing in Redis says whether for the first time."""

    def refuse(self) -> bool:
        """Let the answer to XADD be an error."""
        self._refusing = True
        return True


def _text(word: bytes) -> bytes:
    return b"$%d\r\n%s\r\n" % (len(word), word)


def _command(words: list[bytes]) -> bytes:
    return b"*%d\r\n" % len(words) + b"".join(map(_text, words))


def _words(raw: bytes) -> Iterator[bytes]:
    """The words of a command, which is complete."""
    at = raw.index(b"\r\n") + 2
    while at < len(raw):
        start = raw.index(b"\r\n", at) + 2
        at = start + int(raw[at + 1 : start - 2])
        yield raw[start:at]
        at += 2


def _end(data: bytes, start: int = 0) -> int:
    """Where the command or reply ends that begins at `start`; 0 if it is not complete."""
    line = data.find(b"\r\n", start)
    if line < 0:
        return 0
    kind, end = data[start : start + 1], line + 2
    if kind in b"$=!":
        length = int(data[start + 1 : line])
        end += 0 if length < 0 else length + 2
        return end if end <= len(data) else 0
    if kind in b"*~>%":
        for _ in range(int(data[start + 1 : line]) * (2 if kind == b"%" else 1)):
            end = _end(data, end)
            if not end:
                return 0
    return end
