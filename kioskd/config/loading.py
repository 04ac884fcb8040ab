"""File, environment and what follows from them: merged, checked, and built into settings."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast

from pydantic import ValidationError

from kioskd.config import across, secrets
from kioskd.config.environment import from_environment
from kioskd.config.file import Tables, read_toml
from kioskd.config.keys import LOGIN_PASSWORD_FILE, LOGIN_USER, SECTIONS
from kioskd.config.loaded import Loaded
from kioskd.config.models import validated
from kioskd.config.names import PREFIX, variable
from kioskd.config.problems import BadConfiguration, Problem, printable
from kioskd.config.profiles import PROFILES
from kioskd.config.tables import told_apart
from kioskd.config.telling import problem
from kioskd.model.settings import NO_SECRET, DoorSettings, RelatedSettings, ScannerSettings, Secret, Settings

_NOT_IN_AN_ID: Final = re.compile(r"[^A-Za-z0-9._-]+")


def load(path: Path | None, environ: Mapping[str, str], *, need_file: bool) -> Loaded:
    """See `kioskd.config.load`."""
    reading = _Reading(path, environ, need_file=need_file)
    settings, warnings = reading.settings()
    return Loaded(settings, (*warnings, *across.doubtful(settings)))


class _Reading:
    """One reading: the layers, where each value came from, and what was wrong."""

    def __init__(self, path: Path | None, environ: Mapping[str, str], *, need_file: bool) -> None:
        self._environ = environ
        self._problems: list[Problem] = []
        self._file_name = printable(str(path)) if path is not None else "the environment"
        self._file_is_good = True
        self._file = self._read(path, need_file=need_file) if path is not None else {}
        self._variables, strange = from_environment(environ)
        self._problems += strange
        self._implied = _implied(self._file, self._variables)

    def settings(self) -> tuple[Settings, list[str]]:
        """Return the settings and the warnings. Raises BadConfiguration."""
        checked: dict[str, Any] = {}
        scanners = self._devices()
        layers: list[Tables] = [{**self._variables, **scanners}, {**self._file, **scanners}, self._implied]
        try:
            checked = validated(layers)
        except ValidationError as wrong:
            self._problems += [
                problem(error, self._source)
                for error in wrong.errors(include_url=False)
                if not (error["type"] == "missing" and not self._file_is_good)
                and not (error["type"] == "too_short" and error["input"])  # its members are told already
            ]
        printer = self._effective("printer") if "printer" in self._file or "printer" in self._variables else None
        languages = self._effective("station").get("languages")
        self._problems += across.wrong_together(scanners.get("scanner", []), printer, languages, self._source)
        related: Any = self._variables.get("related", self._file.get("related", []))
        self._problems += across.unreachable(related, self._source)
        warnings: list[str] = []
        passwords = {
            "login_password": self._password(secrets.LOGIN, LOGIN_USER, LOGIN_PASSWORD_FILE, warnings),
            "upload_login_password": self._password(secrets.UPLOAD, "", None, warnings),
        }
        door = self._effective("door")
        key_of_door = self._password(secrets.DOOR, "", None, warnings) if door.get("url") else NO_SECRET
        self._problems += across.door_opens(str(self._effective("ils").get("profile", "generic")), door, self._source)
        if self._problems:
            raise BadConfiguration(self._problems)
        return _built(checked, passwords, key_of_door), warnings

    def _read(self, path: Path, *, need_file: bool) -> Tables:
        try:
            tables, wrong = told_apart(read_toml(path), self._file_name)
        except FileNotFoundError:
            if need_file:
                self._problems.append(Problem(self._file_name, "", "there is no such file"))
                self._file_is_good = False
            return {}
        except BadConfiguration as bad:
            self._problems += bad.problems
            self._file_is_good = False
            return {}
        self._problems += wrong
        return tables

    def _source(self, section: str, key: str) -> str:
        content = self._variables.get(section, {})
        if isinstance(content, list):
            return f"{PREFIX}{section}".upper()
        return variable(section, key) if key in content else self._file_name

    def _effective(self, section: str) -> dict[str, Any]:
        layers = (self._implied, self._file, self._variables)
        return {key: value for layer in layers for key, value in layer.get(section, {}).items()}

    def _devices(self) -> Tables:
        """Return the scanners, each with what follows from its other keys."""
        listed = self._variables.get("scanner", self._file.get("scanner"))
        if listed is None:
            return {}
        return {
            "scanner": [
                {"name": f"scanner-{number}", "driver": _scanner_driver(each), **each}
                for number, each in enumerate(listed, 1)
            ]
        }

    def _password(
        self, key: secrets.SecretKey, default_user: str, default_path: Path | None, warnings: list[str]
    ) -> Secret:
        ils = self._effective(key.section)
        if not ils.get(key.user, default_user):
            return NO_SECRET
        path = across.path_of(ils[key.file]) if key.file in ils else default_path
        if path is None and ils.get(key.file, "") != "":
            return NO_SECRET  # no path at all: that is a problem by itself
        read = secrets.read_secret(key, path, self._source(key.section, key.file), self._environ)
        if read.problem is not None:
            self._problems.append(read.problem)
        if read.warning is not None:
            warnings.append(read.warning)
        return read.secret


def _implied(file: Tables, variables: Tables) -> Tables:
    """Return the weakest layer: what follows from the machine, the profile, and how the printer is reached."""
    ils = {**file.get("ils", {}), **variables.get("ils", {})}
    profile = PROFILES.get(str(ils.get("profile", "generic")), PROFILES["generic"])
    implied: Tables = {name: {} for name, section in SECTIONS.items() if not section.many and name != "printer"}
    implied["station"] = {"id": own_id(os.uname().nodename)}
    implied["ils"] = dict(profile.defaults)
    if "printer" in file or "printer" in variables:
        printer = {**file.get("printer", {}), **variables.get("printer", {})}
        implied["printer"] = {
            "driver": "network" if printer.get("url") else "serial" if printer.get("port") else "usblp"
        }
    return implied


def own_id(host: str) -> str:
    """Return a host's name made to fit a station's id."""
    return _NOT_IN_AN_ID.sub("-", host).strip("-.")[:32] or "kiosk"


def _scanner_driver(scanner: Mapping[str, Any]) -> str:
    if scanner.get("port"):
        return "serial"
    return "hidraw" if str(scanner.get("device", "")).startswith("/dev/hidraw") else "evdev"


def _built(checked: dict[str, Any], passwords: Mapping[str, Secret], key_of_door: Secret) -> Settings:
    ils = {key: value for key, value in checked["ils"].items() if not key.endswith("_password_file")}
    sections = {
        name: section.settings(**checked[name])
        for name, section in SECTIONS.items()
        if section.settings is not None
        and name not in {"ils", "door", "scanner", "related"}
        and checked[name] is not None
    }
    return Settings(
        **sections,
        door=DoorSettings(
            **{key: value for key, value in checked["door"].items() if key != "password_file"}, password=key_of_door
        ),
        ils=cast("Any", SECTIONS["ils"].settings)(**ils, **passwords),
        related=tuple(RelatedSettings(**each) for each in checked["related"]),
        scanners=tuple(ScannerSettings(**each) for each in checked["scanner"]),
        rfid_driver=checked["rfid"]["driver"],
        helpdesk_phone=checked["helpdesk"]["phone"],
    )
