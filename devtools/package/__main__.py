"""`./dev package [--arch amd64|arm64|all] [--out DIR]`: kioskd_VERSION_ARCH.deb in `dist/`."""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from devtools.package import wheels
from devtools.package.layout import lay_out

REPO: Final = Path(__file__).parents[2]
SCRIPTS: Final = ("preinst", "postinst", "prerm", "postrm")
PLAIN: Final = ("templates", "triggers", "conffiles")


def main() -> int:
    """Make the packages and print their paths. Exit status: 0 made, 1 not."""
    parser = argparse.ArgumentParser(prog="./dev package", description="Makes the Debian package.")
    parser.add_argument(
        "--arch", choices=[*wheels.MACHINES, "all"], default=_own_arch(), help="default: this machine's"
    )
    parser.add_argument("--out", type=Path, default=REPO / "dist", help="default: dist/")
    parser.add_argument("--version", help="another version number than pyproject's, for tests of updates")
    parser.add_argument("--tree", type=Path, default=REPO, help="another working copy to pack")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for arch in wheels.MACHINES if options.arch == "all" else (options.arch,):
        try:
            print(build(options.tree, arch, options.out, options.version))
        except subprocess.CalledProcessError as trouble:
            print(f"dev: {trouble.cmd[0]} failed; its message stands above", file=sys.stderr)
            return 1
    return 0


def build(tree: Path, arch: str, out: Path, version: str | None = None, *, compression: str = "zstd") -> Path:
    """Make one package of a working copy and return its path. Raises CalledProcessError."""
    project = tomllib.loads((tree / "pyproject.toml").read_text())["project"]
    version = version or project["version"]
    libraries = {}
    for python in wheels.PYTHONS:
        fetched = wheels.fetch(tree / "requirements.lock", arch, python, cache() / f"{arch}-{python}")
        libraries[python] = wheels.needed(_locked(fetched, tree), project["dependencies"], python)
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "root"
        root.mkdir(mode=0o755)
        lay_out(tree, root, libraries, version)
        _control(tree, root, arch, version)
        target = out / f"kioskd_{version}_{arch}.deb"
        _pack(tree, root, target, compression)
    return target


def cache() -> Path:
    """Return where wheels are kept between builds, outside the working copy."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "kioskd/wheels"


def _locked(fetched: list[Path], tree: Path) -> list[Path]:
    """Leave out what an earlier lock had fetched into the same folder."""
    lines = (tree / "requirements.lock").read_text().splitlines()
    pins = {tuple(line.split(";")[0].strip(" \\").split("==")) for line in lines if "==" in line and line[0].isalnum()}
    names = {(name.lower().replace("-", "_").replace(".", "_"), pinned) for name, pinned in pins}
    return [wheel for wheel in fetched if (wheel.name.split("-")[0].lower(), wheel.name.split("-")[1]) in names]


def _control(tree: Path, root: Path, arch: str, version: str) -> None:
    folder = root / "DEBIAN"
    size_kib = sum(path.stat().st_size for path in _files(root)) // 1024
    folder.mkdir(mode=0o755)
    values = {"@VERSION@": version, "@ARCH@": arch, "@SIZE@": str(size_kib)}
    for name in ("control", *SCRIPTS, *PLAIN):
        text = (tree / "packaging" / name).read_text()
        for mark, value in values.items():
            text = text.replace(mark, value)
        (folder / name).write_text(text)
        (folder / name).chmod(0o755 if name in SCRIPTS else 0o644)
    sums = [f"{_md5(path)}  {path.relative_to(root)}" for path in _files(root) if folder not in path.parents]
    (folder / "md5sums").write_text("\n".join(sums) + "\n")


def _pack(tree: Path, root: Path, target: Path, compression: str) -> None:
    # The same tree gives the same bytes: one time for all, that of the last change.
    when = _last_change(tree)
    for path in [root, *root.rglob("*")]:
        if path.is_dir():
            path.chmod(0o755)
        elif not path.stat().st_mode & 0o100:
            path.chmod(0o644)
        os.utime(path, (when, when))
    command = ["dpkg-deb", "--root-owner-group", f"-Z{compression}", "--build", str(root), str(target)]
    subprocess.run(command, check=True, env={**os.environ, "SOURCE_DATE_EPOCH": str(when)}, stdout=subprocess.DEVNULL)  # noqa: S603 - our own command line


def _last_change(tree: Path) -> int:
    told = os.environ.get("SOURCE_DATE_EPOCH")
    git = shutil.which("git")
    if told is None and git is not None:
        asked = [git, "-C", str(tree), "log", "-1", "--format=%ct"]
        told = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603 - as above
    return int(told or 0) or int((tree / "pyproject.toml").stat().st_mtime)


def _files(root: Path) -> Iterator[Path]:
    return (path for path in sorted(root.rglob("*")) if path.is_file())


def _md5(path: Path) -> str:
    import hashlib  # noqa: PLC0415 - dpkg's own format, of no weight for security

    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def _own_arch() -> str:
    return {machine: arch for arch, machine in wheels.MACHINES.items()}.get(os.uname().machine, "amd64")


if __name__ == "__main__":
    sys.exit(main())
