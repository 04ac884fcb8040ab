"""The file of keys: a public key in clear, the private one under each code (scrypt, then libsodium's secret box).

libsodium's sealed box (X25519, XSalsa20-Poly1305) is used as it is; PyNaCl is imported when it is needed.
"""

import base64
import binascii
import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

SCRYPT: Final[Mapping[str, int]] = {"n": 1 << 15, "r": 8, "p": 1, "maxmem": 64 << 20, "dklen": 32}
"""About 0.1 s and 32 MiB a try: a code is short, so each guess at it has to be dear."""
SALT_BYTES: Final = 16

# ruff: noqa: PLC0415 (PyNaCl costs 60 to 190 ms at import, and most days nothing is sealed)


class VaultTrouble(Exception):  # noqa: N818 - named for what happened, as all of the house's
    """Raised when something cannot be sealed or opened; its text says what to do, and never a code."""


@dataclass(frozen=True, slots=True)
class Lock:
    """The private key under one member's code."""

    salt: bytes
    box: bytes


@dataclass(frozen=True, slots=True)
class Vault:
    """The keys as the file had them."""

    path: Path
    public: bytes
    locks: Mapping[str, Lock]

    @classmethod
    def load(cls, path: Path) -> "Vault | None":
        """Read the file; None: there is none yet. Raises VaultTrouble."""
        try:
            return cls.read(path.read_bytes(), path)
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise VaultTrouble(f"{path} cannot be read: {problem.strerror}") from None

    @classmethod
    def read(cls, content: bytes | str, path: Path) -> "Vault":
        """Return the keys of a file's content; `path` is where they are from. Raises VaultTrouble."""
        try:
            document: Any = json.loads(content)
            locks = {
                str(initials): Lock(_bytes(lock["salt"]), _bytes(lock["box"]))
                for initials, lock in document["locks"].items()
            }
            public = _bytes(document["public"])
        except (ValueError, KeyError, TypeError, AttributeError):
            raise VaultTrouble(f"{path} is no file of keys; put its copy back, for without it nothing opens") from None
        if len(public) != 32:
            raise VaultTrouble(f"{path} holds no public key")
        return cls(path, public, locks)

    @classmethod
    def new(cls, path: Path, initials: str, code: str) -> "Vault":
        """Make the keys, for one member; the file is there whole or not at all, 0600. Raises VaultTrouble."""
        from nacl.public import PrivateKey

        private = PrivateKey.generate()
        vault = cls(path, bytes(private.public_key), {initials: _locked(bytes(private), code)})
        vault._write()
        return vault

    def add(self, initials: str, code: str, *, by: str, by_code: str) -> "Vault":
        """Let another member open too; `by` is one who can already. Raises VaultTrouble."""
        vault = Vault(self.path, self.public, {**self.locks, initials: _locked(self._private(by, by_code), code)})
        vault._write()
        return vault

    def seal(self, content: Mapping[str, str]) -> str:
        """Return the content as text that only staff can open."""
        from nacl.public import PublicKey, SealedBox

        plain = json.dumps(dict(content), ensure_ascii=False).encode()
        return base64.b64encode(SealedBox(PublicKey(self.public)).encrypt(plain)).decode()

    def open(self, sealed: str, initials: str, code: str) -> dict[str, str]:
        """Return what was sealed. Raises VaultTrouble for a wrong code or a damaged text."""
        from nacl.exceptions import CryptoError
        from nacl.public import PrivateKey, SealedBox

        private = PrivateKey(self._private(initials, code))
        try:
            plain = SealedBox(private).decrypt(_bytes(sealed))
        except (CryptoError, ValueError, TypeError):
            raise VaultTrouble("this was sealed with other keys, or is damaged") from None
        found: dict[str, str] = json.loads(plain)
        return found

    def _private(self, initials: str, code: str) -> bytes:
        from nacl.exceptions import CryptoError
        from nacl.secret import SecretBox

        lock = self.locks.get(initials)
        if lock is None:
            raise VaultTrouble(f"{initials} cannot open registrations; ask one who can: {', '.join(self.locks)}")
        try:
            return SecretBox(_key(code, lock.salt)).decrypt(lock.box)
        except (CryptoError, ValueError):
            raise VaultTrouble(f"that is not the code of {initials}") from None

    def _write(self) -> None:
        document = {
            "public": base64.b64encode(self.public).decode(),
            "locks": {
                initials: {"salt": base64.b64encode(lock.salt).decode(), "box": base64.b64encode(lock.box).decode()}
                for initials, lock in self.locks.items()
            },
        }
        beside = self.path.with_name(f".{self.path.name}.new")
        try:
            keeper = (self.path if self.path.exists() else self.path.parent).stat()
            beside.unlink(missing_ok=True)
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                if os.geteuid() == 0:
                    os.fchown(file.fileno(), keeper.st_uid, keeper.st_gid)
                file.write(json.dumps(document, indent=1).encode())
                file.flush()
                os.fsync(file.fileno())
            beside.rename(self.path)
            folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as problem:
            raise VaultTrouble(f"{self.path} cannot be written: {problem.strerror}") from None


def keys_file(codes_file: Path) -> Path:
    """Return where the keys lie: beside the staff codes that open them."""
    return codes_file.with_name(f"{codes_file.name}.keys")


def _locked(private: bytes, code: str) -> Lock:
    from nacl.secret import SecretBox

    salt = secrets.token_bytes(SALT_BYTES)
    return Lock(salt, bytes(SecretBox(_key(code, salt)).encrypt(private)))


def _key(code: str, salt: bytes) -> bytes:
    return hashlib.scrypt(
        code.encode(), salt=salt, n=SCRYPT["n"], r=SCRYPT["r"], p=SCRYPT["p"], maxmem=SCRYPT["maxmem"], dklen=32
    )


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as problem:
        raise ValueError(str(problem)) from None
