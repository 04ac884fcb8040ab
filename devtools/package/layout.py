"""Where each file of the package goes."""

import gzip
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from devtools.package import pages, wheels

HOME: Final = "usr/lib/kioskd"
COMMANDS: Final[Mapping[str, str]] = {
    "kioskd": "kioskd.__main__",
    "kioskctl": "kioskd.ctl.__main__",
    "kioskd-screen": "kioskd.screen.__main__",
}
HELPERS: Final = ("back-off", "display", "display-check", "journal-before")
OF_SYSTEMD: Final[Mapping[str, str]] = {
    "*.socket": "usr/lib/systemd/system",
    "*.service": "usr/lib/systemd/system",
    "*.timer": "usr/lib/systemd/system",
    "kioskd.sysusers": "usr/lib/sysusers.d/kioskd.conf",
    "kioskd.tmpfiles": "usr/lib/tmpfiles.d/kioskd.conf",
    "kioskd.modules-load": "usr/lib/modules-load.d/kioskd.conf",
    "kiosk-display.pam": "etc/pam.d/kiosk-display",
    "70-kioskd.rules": "usr/lib/udev/rules.d",
}
DOCUMENTS: Final = (
    "README.md",
    "CHANGELOG.md",
    "docs/OPERATIONS.md",
    "docs/CONFIG.md",
    "docs/ILS.md",
    "docs/PROTOCOL.md",
)
OURS: Final = ("kioskd", "drivers")
"""The simulators stay out: a station has no use for them."""


def lay_out(repo: Path, root: Path, libraries: Mapping[str, Sequence[Path]], version: str) -> None:
    """Put everything under `root` as it will stand under `/`. `libraries`: the wheels by Python version."""
    home = root / HOME
    _put_libraries(home, libraries)
    for package in OURS:
        shutil.copytree(repo / package, home / "python" / package, ignore=shutil.ignore_patterns("__pycache__"))
    _say_version(home, version)
    for name, module in COMMANDS.items():
        text = (repo / "packaging/launcher").read_text().replace("@NAME@", name).replace("@MODULE@", module)
        _write(root / "usr/bin" / name, text, 0o755)
    for name in HELPERS:
        _write(home / name, (repo / "packaging" / name).read_text(), 0o755)
    for pattern, where in OF_SYSTEMD.items():
        for source in sorted((repo / "systemd").glob(pattern)):
            target = (
                root / where
                if Path(where).suffix == ".conf" or pattern.endswith(".pam")
                else root / where / source.name
            )
            _write(target, source.read_text(), 0o644)
    _write(root / "usr/share/kioskd/kioskd.toml", pages.configuration(), 0o644)
    _write(root / "usr/share/bash-completion/completions/kioskctl", pages.completion(), 0o644)
    for name in pages.PAGES:
        _manual(root, name, pages.manual(name))
    _manual(root, "kioskd.toml.5", pages.configuration_manual())
    for document in DOCUMENTS:
        target = root / "usr/share/doc/kioskd" / Path(document).name
        _write(target, (repo / document).read_text(), 0o644)


def _put_libraries(home: Path, libraries: Mapping[str, Sequence[Path]]) -> None:
    pure: dict[str, Path] = {}
    for python, chosen in libraries.items():
        compiled = home / f"cp{python.replace('.', '')}"
        compiled.mkdir(parents=True)
        for wheel in chosen:
            if wheels.is_pure(wheel):
                pure[wheel.name] = wheel
            else:
                wheels.unpack(wheel, compiled)
    for wheel in pure.values():
        wheels.unpack(wheel, home / "python")


def _say_version(home: Path, version: str) -> None:
    _write(home / "version", f"{version}\n", 0o644)
    module = home / "python/kioskd/__init__.py"
    head, quote, rest = module.read_text().partition('__version__: Final = "')
    if not quote:
        raise ValueError(f"{module} names no __version__")
    module.write_text(head + quote + version + '"' + rest.partition('"')[2])


def _manual(root: Path, name: str, text: str) -> None:
    target = root / f"usr/share/man/man{name[-1]}" / f"{name}.gz"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(gzip.compress(text.encode(), mtime=0))


def _write(target: Path, text: str, mode: int) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)
    target.chmod(mode)
