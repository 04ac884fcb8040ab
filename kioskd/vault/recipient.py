"""A key pair of the library's own: any station seals to its public half, only who holds the private half opens.

libsodium's sealed box as it is, as for forms; here for whole files that travel on a stick.
"""

import base64
import binascii
import hashlib
from typing import Final

from kioskd.vault.keys import VaultTrouble

# ruff: noqa: PLC0415 (PyNaCl costs 60 to 190 ms at import)

PUBLIC: Final = "kioskd-public-"
PRIVATE: Final = "kioskd-private-"
"""What the two halves begin with, so that nobody puts one in the other's place."""
KEY_BYTES: Final = 32


def new_pair() -> tuple[str, str]:
    """Return a public and a private key, each as one line of text."""
    from nacl.public import PrivateKey

    private = PrivateKey.generate()
    return _text(PUBLIC, bytes(private.public_key)), _text(PRIVATE, bytes(private))


def public_of(private: str) -> str:
    """Return the public half. Raises VaultTrouble."""
    from nacl.public import PrivateKey

    return _text(PUBLIC, bytes(PrivateKey(_key(PRIVATE, private)).public_key))


def fingerprint(public: str) -> str:
    """Return a few characters by which two people can tell a public key apart. Raises VaultTrouble."""
    return hashlib.sha256(_key(PUBLIC, public)).hexdigest()[:12]


def seal_to(public: str, content: bytes) -> bytes:
    """Return the content so that only the holder of the private half can open it. Raises VaultTrouble."""
    from nacl.public import PublicKey, SealedBox

    return bytes(SealedBox(PublicKey(_key(PUBLIC, public))).encrypt(content))


def open_with(private: str, sealed: bytes) -> bytes:
    """Return what was sealed. Raises VaultTrouble if it was sealed to another key, or is not whole."""
    from nacl.exceptions import CryptoError
    from nacl.public import PrivateKey, SealedBox

    try:
        return bytes(SealedBox(PrivateKey(_key(PRIVATE, private))).decrypt(sealed))
    except (CryptoError, ValueError, TypeError):
        raise VaultTrouble("it was sealed to another key, or is damaged") from None


def _text(kind: str, key: bytes) -> str:
    return kind + base64.urlsafe_b64encode(key).decode().rstrip("=")


def _key(kind: str, text: str) -> bytes:
    text = text.strip()
    try:
        if not text.startswith(kind):
            raise ValueError(kind)
        key = base64.b64decode(text.removeprefix(kind) + "=", altchars=b"-_", validate=True)
        if len(key) != KEY_BYTES:
            raise ValueError(kind)
    except (binascii.Error, ValueError):
        half = kind.removeprefix("kioskd-").rstrip("-")
        raise VaultTrouble(f"this is no {half} key; `kioskctl rescue key` makes a pair") from None
    return key
