"""The rescue archive: unsent entries, sealed, under a cover that says what it is and nothing of a person.

One line of JSON, then the sealed content (JSON again, deflated). The cover is in clear so that a stick can be sorted
without the key; what is in it stands inside too, and must be the same.
"""

import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from kioskd.moving.archive import BadArchive

FORMAT: Final = "kioskd-rescue"
VERSION: Final = 1
LONGEST_COVER: Final = 1 << 20
LARGEST: Final = 256 << 20
"""Bytes of the content, unpacked."""

Document = Mapping[str, Any]
Transform = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Cover:
    """What can be read without the key. `at`: RFC 3339; `recipient`: the fingerprint of the key it is sealed to.

    `numbers`: the entries' numbers at their station, as `1-57,60`.
    """

    id: str
    station: str
    at: str
    kioskd: str
    entries: int
    numbers: str
    recipient: str

    @property
    def to(self) -> str:
        """What stands with each of its entries at their station."""
        return f"rescue {self.id}"


@dataclass(frozen=True, slots=True)
class Rescue:
    """An archive, open. `entries`: as `journal list --json --reveal` prints them, a registration's with `sealed`.

    `keys`: the file of keys that opens those forms with the station's own staff codes, as text.
    """

    cover: Cover
    entries: tuple[Document, ...]
    keys: str = ""


def pack(rescue: Rescue, seal: Transform) -> bytes:
    """Return the archive as a file's content."""
    cover = {"format": FORMAT, "version": VERSION, **asdict(rescue.cover)}
    content = {"cover": asdict(rescue.cover), "entries": [dict(each) for each in rescue.entries], "keys": rescue.keys}
    packed = zlib.compress(json.dumps(content, ensure_ascii=True).encode("ascii"))
    return json.dumps(cover).encode("ascii") + b"\n" + seal(packed)


def cover_of(content: bytes, name: str) -> Cover:
    """Return what an archive says of itself. Raises BadArchive."""
    head, found, _ = content[: LONGEST_COVER + 1].partition(b"\n")
    try:
        if not found:
            raise ValueError(FORMAT)
        document: Any = json.loads(head)
        if document.pop("format") != FORMAT:
            raise ValueError(FORMAT)
        if (version := document.pop("version")) != VERSION:
            raise BadArchive(f"{name}: is of version {version}; install a newer kioskd")
        return _cover(document)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BadArchive(f"{name}: is no rescue archive") from None


def unpack(content: bytes, name: str, open_: Transform) -> Rescue:
    """Return an archive, open. Raises BadArchive, and what `open_` raises."""
    cover = cover_of(content, name)
    plain = open_(content.partition(b"\n")[2])
    try:
        inflate = zlib.decompressobj()
        document: Any = json.loads(inflate.decompress(plain, LARGEST))
        if inflate.unconsumed_tail or not inflate.eof:
            raise ValueError(FORMAT)
        inside = _cover(document["cover"])
        entries = tuple(dict(each) for each in document["entries"])
        keys = str(document["keys"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, zlib.error):
        raise BadArchive(f"{name}: is not whole; fetch it again") from None
    if inside != cover or len(entries) != cover.entries:
        raise BadArchive(f"{name}: its cover is not that of what is in it; fetch it again")
    return Rescue(cover, entries, keys)


def _cover(document: Any) -> Cover:  # noqa: ANN401 # any JSON
    cover = Cover(**document)
    if not all(
        isinstance(each, str)
        for each in (cover.id, cover.station, cover.at, cover.kioskd, cover.numbers, cover.recipient)
    ):
        raise TypeError(FORMAT)
    if not cover.id:
        raise TypeError(FORMAT)
    return cover
