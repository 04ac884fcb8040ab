"""`kioskctl support-bundle`: one archive of what a supporter needs, with nobody's number, name or PIN in it."""

import argparse
import io
import json
import platform
import re
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from kioskd import __version__
from kioskd.ctl.arguments import Asked, Verbs, state_dir
from kioskd.ctl.errors import CtlError
from kioskd.ctl.journal_source import JournalSource, Selection, opened
from kioskd.ctl.new_file import write_whole
from kioskd.ctl.output import say, say_json, table
from kioskd.ctl.personal import GONE, Known
from kioskd.ctl.place import DEFAULT_CONFIG

LOG_LINES: Final = "2000"
LOG_S: Final = 20.0
KEPT: Final = ("seq", "at", "kind", "how", "state", "outcome", "mode", "clock")
"""What of an entry goes into the bundle: nothing that says who or which."""
TRACE: Final = "trace.jsonl"
SECRET_KEY: Final = re.compile(
    r"""(?isx)
    ( (?:[\w.-]*(?:password|secret|pin|code)|probe_patron) ["']? \s*=\s* )
    (?: \"\"\".*?\"\"\" | \'\'\'.*?\'\'\' | "[^"\n]*" | '[^'\n]*' | [^,}\s\#]+ )
    """
)
"""A key of the configuration whose value is a secret or somebody's; names of files are none."""


@dataclass(frozen=True, slots=True)
class Part:
    """A file of the bundle, and why it is in it."""

    name: str
    why: str
    text: str


def add(verbs: Verbs, parents: list[argparse.ArgumentParser]) -> None:
    """Register the verb."""
    verb = verbs.add_parser(
        "support-bundle",
        parents=parents,
        help="one archive for support, with nobody's number, name or PIN in it",
        description="Doctor, status, configuration, versions, journal in numbers, log; 0600, whole or not at all.",
    )
    verb.add_argument("--out", type=Path, metavar="FILE", help="where to (default: kioskd-support-TIME.tar.gz here)")
    verb.add_argument("--show", action="store_true", help="say what would be in it and why, and write nothing")
    verb.add_argument("--root", type=Path, default=Path("/"), help=argparse.SUPPRESS)
    state_dir(verb)
    verb.set_defaults(run=run)


def run(asked: Asked) -> None:
    """Write the archive, or say what would be in it. Raises CtlError."""
    options = asked.options
    collected, known = _collect(asked)
    parts = []
    left_out = 0
    for part in collected:
        clean, count = known.without(part.text, shapes=part.name != TRACE)
        left_out += count
        parts.append(Part(part.name, part.why, clean))
    packed = archive(parts)
    check(packed, known)
    path: Path | None = None
    if not options.show:
        path = options.out or Path(f"kioskd-support-{datetime.now(UTC):%Y%m%d-%H%M%S}.tar.gz")
        if path.exists():
            raise CtlError(f"{path}: there is a file already, and it is not overwritten; choose another name")
        write_whole(path, packed)
    if asked.json:
        contents = [{"name": each.name, "why": each.why, "bytes": len(each.text.encode())} for each in parts]
        say_json({"file": str(path) if path else None, "contents": contents, "left_out": left_out})
        return
    table(("file", "bytes", "why"), [(each.name, len(each.text.encode()), each.why) for each in parts])
    say(f"left out: {left_out} texts that are, or look like, a person's")
    say(f"{path}: written; nobody's number, name or PIN is in it" if path else "nothing was written (--show)")


def archive(parts: Sequence[Part]) -> bytes:
    """Return the parts as one .tar.gz."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for part in parts:
            content = part.text.encode()
            about = tarfile.TarInfo(f"kioskd-support/{part.name}")
            about.size, about.mode, about.mtime = len(content), 0o600, int(datetime.now(UTC).timestamp())
            tar.addfile(about, io.BytesIO(content))
    return packed.getvalue()


def check(packed: bytes, known: Known) -> None:
    """Read the archive as it would leave. Raises CtlError, which does not repeat it, if anything personal is in it."""
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        for member in tar.getmembers():
            content = tar.extractfile(member)
            text = content.read().decode("utf-8", "replace") if content is not None else ""
            for hit in known.hits(f"{member.name}\n{text}", shapes=not member.name.endswith(TRACE)):
                raise CtlError(f"support-bundle: {member.name} holds {hit.kind}; nothing was written. Please tell us")


def _collect(asked: Asked) -> tuple[list[Part], Known]:
    from kioskd.ctl.doctor.fault import find  # noqa: PLC0415 # as `doctor` does: other verbs start without
    from kioskd.ctl.doctor.faults import FAULTS  # noqa: PLC0415
    from kioskd.ctl.doctor.probes import gather  # noqa: PLC0415
    from kioskd.ctl.verbs.doctor import document  # noqa: PLC0415

    facts, unknown = gather(asked, asked.options.root, lambda _: None)
    findings = list(find(FAULTS, facts))
    config = asked.where.config or DEFAULT_CONFIG
    written = _read(config)
    named = [Path(name) for name in re.findall(r"password_file\s*=\s*[\"'](.+?)[\"']", written)]
    known = {*_secrets(config.parent, named), *re.findall(r"(?m)^\s*probe_patron\s*=\s*[\"'](.+)[\"']", written)}
    parts = [
        Part(
            "doctor.json",
            "what is wrong, why, and what could not be looked at",
            _json(document(findings, unknown, None, facts.version)),
        ),
        Part("status.json", "mode, line, devices, clock and disk", _json(facts.status or None)),
        Part(
            "config.toml",
            "the configuration; secrets and the test card are left out",
            SECRET_KEY.sub(rf'\1"{GONE}"', written),
        ),
        Part("versions.txt", "which programs run here", _versions()),
    ]
    journal, numbers = _journal(asked)
    known |= numbers
    parts.append(Part("journal.json", "the journal in numbers, its newest entries without card and item", journal))
    parts.append(Part(TRACE, "the last inputs, with stand-ins for numbers and words, for a replay", _trace(asked)))
    parts.append(Part("log.txt", f"the daemon's last {LOG_LINES} log lines", _log()))
    return parts, Known(known)


def _journal(asked: Asked) -> tuple[str, set[str]]:
    """Return the journal without persons, and every number in it: these are looked for in all parts."""
    try:
        with opened(asked) as source:
            entries = _entries(source)
            shown = [{key: entry.get(key) for key in KEPT} for entry in entries[-1000:]]
            numbers = {str(entry[key]) for entry in entries for key in ("patron", "item") if entry.get(key)}
            return _json({"summary": source.summary(), "entries": shown}), numbers
    except CtlError as problem:
        return _json({"not_read": str(problem)}), set()


def _trace(asked: Asked) -> str:
    from kioskd.ctl.verbs.trace import collected  # noqa: PLC0415

    try:
        with asked.connect() as client:
            return collected(client)
    except CtlError as problem:
        return _json({"not_read": str(problem)})


def _entries(source: JournalSource) -> list[dict[str, Any]]:
    return source.entries(Selection(reveal=True))


def _secrets(folder: Path, named: Sequence[Path]) -> set[str]:
    """Return the passwords, from where they lie by default and from the files that the configuration names."""
    places = (folder / "ils-password", folder / "ils-upload-password", *named)
    return {text for place in places if (text := _read(place).strip())}


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _json(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _versions() -> str:
    release = re.search(r'(?m)^PRETTY_NAME="?([^"\n]*)', _read(Path("/etc/os-release")))
    model = _read(Path("/proc/device-tree/model")).strip("\0\n")
    lines = (
        f"kioskd {__version__}",
        f"python {sys.version.split()[0]}",
        f"kernel {platform.release()} {platform.machine()}",
        f"system {release[1] if release else 'unknown'}",
        f"board {model or 'unknown'}",
    )
    return "\n".join(lines) + "\n"


def _log() -> str:
    command = ("journalctl", "-u", "kioskd", "-n", LOG_LINES, "--no-pager", "-o", "short-iso")
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=LOG_S, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as problem:
        return f"not read: {problem}\n"
    return done.stdout or done.stderr
