"""Passwords: from systemd's credentials, else from the file that a key names."""

import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kioskd.config.keys import LOGIN_PASSWORD_FILE
from kioskd.config.problems import Problem, printable
from kioskd.model.settings import NO_SECRET, Secret

CREDENTIALS: Final = "CREDENTIALS_DIRECTORY"
"""Where systemd puts LoadCredential= files. Source: systemd.exec(5), *Credentials*."""
LARGEST_BYTES: Final = 4096


@dataclass(frozen=True, slots=True)
class SecretKey:
    """A key that names a password's file; `credential` goes before it."""

    user: str
    file: str
    credential: str
    section: str = "ils"


LOGIN: Final = SecretKey("login_user", "login_password_file", "ils-password")
DOOR: Final = SecretKey("user", "password_file", "door-password", "door")
UPLOAD: Final = SecretKey("upload_login_user", "upload_login_password_file", "ils-upload-password")


@dataclass(frozen=True, slots=True)
class Read:
    """A password, or why there is none."""

    secret: Secret = NO_SECRET
    problem: Problem | None = None
    warning: str | None = None


def read_secret(key: SecretKey, path: Path | None, source: str, environ: Mapping[str, str]) -> Read:
    """Return the password of a user who is set.

    The default file may be missing, whether the key names it or not: then the password is empty, and a warning says so.
    Any other file that is named must be there. An empty credential is what our unit sets while there is no file of
    that name, so it says nothing against a file that a key names.
    """
    if (folder := environ.get(CREDENTIALS)) and (credential := Path(folder) / key.credential).is_file():
        found = _content(credential, Problem(CREDENTIALS, key.credential, ""), others_may_read=True)
        if found.secret or found.problem is not None or path is None or path == LOGIN_PASSWORD_FILE:
            return found
    if path is None:
        return Read(warning=f"[{key.section}] {key.user} is set but {key.file} is not: the password is empty")
    place = Problem(source, f"[{key.section}] {key.file}", "")
    if path == LOGIN_PASSWORD_FILE and not path.exists():
        return Read(warning=f"[{key.section}] {key.file}: there is no {path}: the password of {key.user} is empty")
    return _content(path, place, others_may_read=False)


def readable_by_others(path: Path) -> bool:
    """Tell whether any user may read or change a file."""
    try:
        return bool(path.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH))
    except OSError:
        return False


def _content(path: Path, place: Problem, *, others_may_read: bool) -> Read:
    name = printable(str(path))

    def wrong(found: str) -> Read:
        return Read(problem=Problem(place.source, place.key, f"{name} {found}", "a file of one line, the password"))

    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST_BYTES + 1)
    except OSError as error:
        return wrong(f"cannot be read: {error.strerror}")
    try:
        text = content.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        return wrong("is not UTF-8")
    if len(text.encode()) > 255 or "|" in text or not text.isprintable():
        return wrong(
            "holds what a SIP2 field cannot carry: several lines, a control character, | or more than 255 bytes"
        )
    warning = None
    if not others_may_read and readable_by_others(path):
        warning = f"{place.key}: other users may read or change {name}: chmod 600 {name}"
    elif not text:
        warning = f"{place.key}: {name} is empty, and so is the password"
    return Read(Secret(text), warning=warning)
