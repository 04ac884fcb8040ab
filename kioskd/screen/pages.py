"""The page's files, read once at start: what is not among them cannot be asked for.

Some lie in no folder: the labels are made of the texts' tables, so that screen, paper and daemon have one source. A
page loads the languages that it shows and no other.
"""

import base64
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
STYLE: Final = "style.css"
START: Final = "start.js"
LABELS: Final = "labels.js"
AWAY: Final = (
    "name",
    "starting",
    "down_title",
    "down_text",
    "down_recorded",
    "address",
    "address_none",
    "helpdesk_phone",
)
"""What is said in all languages at once, while nobody can tell which one is wanted."""
_INLINE: Final[Mapping[str, tuple[bytes, bytes]]] = {
    STYLE: (b'<link rel="stylesheet" href="style.css">', b"style"),
    START: (b'<script src="start.js"></script>', b"script"),
}
"""What stands in the page itself: where, and in which element. The first picture is painted after one answer alone."""
_TOKEN_PLACE: Final = b"@TOKEN@"
_BUILD_PLACE: Final = b"@BUILD@"


@dataclass(frozen=True, slots=True)
class PageFile:
    """One file as it is sent."""

    content_type: str
    body: bytes


def labels() -> bytes:
    """Return the module that knows all languages, with the words that are said in all of them."""
    tables = {language: {key: page(language)[key] for key in AWAY} for language in MODULES}
    return b"export const LABELS = " + _json(tables) + b";\n"


def labels_of(language: str) -> bytes:
    """Return the module with the words of the page's own in one language, by key, that `labels` lacks."""
    return b"export default " + _json({key: text for key, text in page(language).items() if key not in AWAY}) + b";\n"


def labels_name(language: str) -> str:
    """Return the name of a language's module."""
    return f"labels-{language}.js"


def _json(table: Mapping[str, object]) -> bytes:
    return json.dumps(table, ensure_ascii=False, separators=(",", ":")).encode()


def inline_hash(files: Mapping[str, PageFile], name: str) -> str:
    """Return the hash of a file, STYLE or START, as the page's policy names what may stand inline."""
    return "sha256-" + base64.b64encode(hashlib.sha256(files[name].body).digest()).decode()


def load(token: str) -> dict[str, PageFile]:
    """Return the page's files by name, with what stands inline, the token and a mark of this build put into the index.

    A page that finds another mark after the server came back was made for another build, and loads itself anew.
    """
    folder = resources.files("kioskd.screen") / "page"
    files = {
        entry.name: PageFile(_TYPES[entry.name.rpartition(".")[2]], entry.read_bytes())
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
    }
    files[LABELS] = PageFile(_TYPES["js"], labels())
    files |= {labels_name(language): PageFile(_TYPES["js"], labels_of(language)) for language in MODULES}
    mark = hashlib.sha256()
    for name, file in files.items():
        mark.update(name.encode() + b"\0" + file.body)
    index = files[INDEX].body
    for name, (place, element) in _INLINE.items():
        index = index.replace(place, b"<" + element + b">" + files[name].body + b"</" + element + b">")
    index = index.replace(_TOKEN_PLACE, token.encode())
    files[INDEX] = PageFile(files[INDEX].content_type, index.replace(_BUILD_PLACE, mark.hexdigest()[:16].encode()))
    return files
