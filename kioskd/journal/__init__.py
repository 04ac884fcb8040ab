"""The durable record: entries and what became of them, in SQLite, written before anything is said.

`journal` writes, `reading` reads, `thread` keeps both off the loop, `listing` gives the contract's JSON, `salvage`
deals with a damaged file.
"""

from kioskd.journal.errors import JournalError
from kioskd.journal.journal import Journal
from kioskd.journal.reading import JournalReader

__all__ = ["Journal", "JournalError", "JournalReader"]
