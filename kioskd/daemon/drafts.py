"""Forms that staff have begun, on disk: sealed as registrations are, a file a form, gone when the station is locked."""

import contextlib
import logging
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from kioskd.model import effects as e
from kioskd.model.downtime import DraftForm
from kioskd.model.inputs import CannotSeal, DraftKept
from kioskd.vault import Vault, VaultTrouble
from kioskd.vault.keys import keys_file

log: Final = logging.getLogger("kioskd")


class Drafts:
    """Keeps, opens and drops drafts in worker threads; of two that cross, the later one counts."""

    def __init__(self, codes_file: Path | None, state_dir: Path) -> None:
        self._codes_file = codes_file
        self._folder = state_dir
        self._lock = threading.Lock()
        self._newest: dict[DraftForm, int] = {}

    def keep(self, effect: e.KeepDraft) -> DraftKept:
        """Seal a form and put it in its file's place, durably."""
        try:
            vault = self._vault()
            if vault is None:
                return DraftKept(effect.request, effect.number, problem=CannotSeal.NO_KEYS)
            sealed = vault.seal(effect.content)
            with self._lock:
                if self._newest.get(effect.form, 0) < effect.number:
                    self._newest[effect.form] = effect.number
                    self._put(effect.form, sealed)
        except VaultTrouble as trouble:
            log.error("vault: %s", trouble)
            return DraftKept(effect.request, effect.number, problem=CannotSeal.UNREADABLE)
        except OSError as trouble:
            log.error("draft_not_kept form=%s problem=%r", effect.form, trouble.strerror)
            return DraftKept(effect.request, effect.number, problem=CannotSeal.NOT_WRITTEN)
        return DraftKept(effect.request, effect.number)

    def opened(self, initials: str, code: str) -> Mapping[DraftForm, Mapping[str, str]]:
        """Return the drafts that are here, opened with a staff code; one that it does not open stays."""
        found: dict[DraftForm, Mapping[str, str]] = {}
        for form in DraftForm:
            with contextlib.suppress(OSError, ValueError, VaultTrouble):
                sealed = self._path(form).read_text(encoding="ascii")
                vault = self._vault()
                if vault is not None:
                    found[form] = vault.open(sealed, initials, code)
        return found

    def drop(self, effect: e.DropDrafts) -> None:
        """Take the files away."""
        with self._lock:
            for form in effect.forms:
                self._newest[form] = max(effect.number, self._newest.get(form, 0))
                with contextlib.suppress(OSError):
                    self._path(form).unlink(missing_ok=True)

    def _vault(self) -> Vault | None:
        return Vault.load(keys_file(self._codes_file)) if self._codes_file is not None else None

    def _path(self, form: DraftForm) -> Path:
        return self._folder / f"draft-{form}"

    def _put(self, form: DraftForm, sealed: str) -> None:
        path = self._path(form)
        beside = path.with_name(f".{path.name}.new")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(sealed.encode())
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
