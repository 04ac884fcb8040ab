"""The formats by name, as `kioskctl export --format` takes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo

from kioskd.exports import evergreen, koha, todo
from kioskd.exports.exported import Exported
from kioskd.exports.row import Row, read
from kioskd.exports.table import table


class Format(StrEnum):
    """What can be written."""

    KOHA_KOC = "koha-koc"
    EVERGREEN = "evergreen"
    CSV = "csv"
    TODO = "todo"


@dataclass(frozen=True, slots=True)
class Station:
    """What a format must know beside the entries."""

    zone: ZoneInfo
    version: str
    title: str


def export(kind: Format, documents: Sequence[Mapping[str, object]], station: Station) -> Exported:
    """Return entries (the contract's documents, card numbers whole) in a format. Raises ValueError for a bad one."""
    rows: list[Row] = [read(document) for document in documents]
    match kind:
        case Format.KOHA_KOC:
            return koha.koc(rows, version=station.version)
        case Format.EVERGREEN:
            return evergreen.pending(rows, zone=station.zone)
        case Format.CSV:
            return table(documents, rows)
        case Format.TODO:
            return todo.todo(rows, title=station.title)
