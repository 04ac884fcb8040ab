"""The page's files, read once at start: what is not among them cannot be asked for.

One lies in no folder: `labels.js` is made of the texts' tables, so that screen, paper and daemon have one source.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Final

from kioskd.texts import MODULES, page

_TYPES: Final[Mapping[str, str]] = {
    "html": "text/html",
    "js": "text/javascript",
    "css": "text/css",
    "svg": "image/svg+xml",
}

INDEX: Final = "index.html"
LABELS: Final = "labels.js"
_TOKEN_PLACE: Final = b"@TOKEN@"
_BUILD_PLACE: Final = b"@BUILD@"


@dataclass(frozen=True, slots=True)
class PageFile:
    """One file as it is sent."""

    content_type: str
    body: bytes


def labels() -> bytes:
    """Return the module with the words of the page's own, by language and key."""
    tables = {language: dict(page(language)) for language in MODULES}
    return f"export const LABELS = {json.dumps(tables, ensure_ascii=False, separators=(',', ':'))};\n".encode()


def load(token: str) -> dict[str, PageFile]:
    """Return the page's files by name, with the token and a mark of this build put into the index.

    A page that finds another mark after the server came back was made for another build, and loads itself anew.
    """
    folder = resources.files("kioskd.screen") / "page"
    files = {
        entry.name: PageFile(_TYPES[entry.name.rpartition(".")[2]], entry.read_bytes())
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
    }
    files[LABELS] = PageFile(_TYPES["js"], labels())
    mark = hashlib.sha256()
    for name, file in files.items():
        mark.update(name.encode() + b"\0" + file.body)
    index = files[INDEX].body.replace(_TOKEN_PLACE, token.encode())
    files[INDEX] = PageFile(files[INDEX].content_type, index.replace(_BUILD_PLACE, mark.hexdigest()[:16].encode()))
    return files
