"""Sealing what staff typed of a person, in a worker thread: the keys are read anew each time, as codes are."""

import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from kioskd.model import effects as e
from kioskd.model.entry import AddNote
from kioskd.model.inputs import CannotSeal, Sealed
from kioskd.vault import Vault, VaultTrouble
from kioskd.vault.keys import keys_file

log: Final = logging.getLogger("kioskd")


class Sealing:
    """Seals with the public key that lies beside the staff codes."""

    def __init__(self, codes_file: Path | None) -> None:
        self._codes_file = codes_file

    def seal(self, effect: e.Seal, notes: Sequence[AddNote]) -> Sealed:
        """Return the sealed form, and whether one of its twins is among the notes."""
        try:
            vault = Vault.load(keys_file(self._codes_file)) if self._codes_file is not None else None
            if vault is None:
                return Sealed(effect.request, problem=CannotSeal.NO_KEYS)
            # Not the name itself, which must not lie on the disk; only whoever has this station's key can compare.
            twin = hashlib.blake2b(effect.twin.encode(), key=vault.public, digest_size=16).hexdigest()
            known = any(note.content.get("twin") == twin for note in notes)
            return Sealed(effect.request, vault.seal(effect.content), twin, known=known)
        except VaultTrouble as trouble:
            log.error("vault: %s", trouble)
            return Sealed(effect.request, problem=CannotSeal.UNREADABLE)
