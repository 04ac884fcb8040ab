"""The archive: a tar file, `manifest.json` first, then the journal as one SQLite file, configuration, staff's codes.

Passwords stay out. The journal holds card numbers: the file is 0600 and goes from hand to hand.
"""

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

FORMAT: Final = "kioskd-move"
VERSION: Final = 1
MANIFEST: Final = "manifest.json"
JOURNAL: Final = "journal.sqlite3"
CONFIG: Final = "kioskd.toml"
CODES: Final = "staff-codes"
MEMBERS: Final = frozenset({JOURNAL, CONFIG, CODES})
LARGEST_TEXT: Final = 1 << 20
"""Bytes of a member other than the journal."""


class BadArchive(Exception):  # noqa: N818 - named for what happened, as all of the house's
    """Raised when a file is no archive of ours, not whole, or of a later version; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is in an archive. `sums`: SHA-256 by member; `kioskd`: the version that made it; `at`: RFC 3339."""

    id: str
    station: str
    at: str
    kioskd: str
    entries: int
    unsent: int
    sums: Mapping[str, str]


def write(path: Path, manifest: Manifest, members: Mapping[str, Path]) -> None:
    """Write an archive, durably; it must not exist. Raises OSError."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(fd, "wb") as stream:  # noqa: PTH123 - a descriptor, for its mode
        with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as tar:
            document = {"format": FORMAT, "version": VERSION, **asdict(manifest)}
            _add(tar, MANIFEST, json.dumps(document, indent=1).encode())
            for name, source in members.items():
                info = tar.gettarinfo(source, name)
                info.uid = info.gid = 0
                info.uname = info.gname = ""
                info.mode = 0o600
                with source.open("rb") as content:
                    tar.addfile(info, content)
        stream.flush()
        os.fsync(stream.fileno())


def manifest_of(path: Path) -> Manifest:
    """Return what an archive says of itself; its members are not looked at. Raises BadArchive, OSError."""
    try:
        with tarfile.open(path, mode="r:") as tar:
            return _manifest(tar.next(), tar, path)
    except (tarfile.TarError, EOFError):
        raise BadArchive(f"{path}: is no archive of a station") from None


def unpack(path: Path, into: Path) -> Manifest:
    """Put an archive's members into a folder, each checked against its sum, and return what it says of itself.

    Raises BadArchive, OSError.
    """
    try:
        with tarfile.open(path, mode="r:") as tar:
            manifest = _manifest(tar.next(), tar, path)
            for member in iter(tar.next, None):
                if member.name not in MEMBERS or member.name not in manifest.sums or not member.isreg():
                    raise BadArchive(f"{path}: holds {member.name!r}, which no archive of a station has")
                if member.name != JOURNAL and member.size > LARGEST_TEXT:
                    raise BadArchive(f"{path}: its {member.name} is too large")
                _extract(tar, member, into / member.name)
    except (tarfile.TarError, EOFError) as problem:
        raise BadArchive(f"{path}: is no archive of a station, or not whole: {problem}") from None
    for name, wanted in manifest.sums.items():
        if not (into / name).is_file() or digest(into / name) != wanted:
            raise BadArchive(f"{path}: its {name} is not what was put in; fetch the archive again")
    if JOURNAL not in manifest.sums:
        raise BadArchive(f"{path}: holds no journal")
    return manifest


def digest(path: Path) -> str:
    """Return a file's SHA-256. Raises OSError."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    info.mode = 0o600
    tar.addfile(info, io.BytesIO(content))


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    source = tar.extractfile(member)
    assert source is not None, "a regular file has content"
    fd = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with source, open(fd, "wb") as stream:  # noqa: PTH123 - as above
        while chunk := source.read(1 << 20):
            stream.write(chunk)


def _manifest(member: tarfile.TarInfo | None, tar: tarfile.TarFile, path: Path) -> Manifest:
    if member is None or member.name != MANIFEST or not member.isreg() or member.size > LARGEST_TEXT:
        raise BadArchive(f"{path}: is no archive of a station")
    source = tar.extractfile(member)
    assert source is not None, "a regular file has content"
    try:
        document: Any = json.loads(source.read())
        if document.pop("format") != FORMAT:
            raise ValueError(FORMAT)
        if (version := document.pop("version")) != VERSION:
            raise BadArchive(f"{path}: is of version {version}; install a newer kioskd")
        manifest = Manifest(**document)
        if not all(isinstance(each, str) for each in (manifest.id, manifest.station, *manifest.sums)):
            raise TypeError(MANIFEST)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BadArchive(f"{path}: is no archive of a station") from None
    return manifest
