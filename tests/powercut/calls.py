"""What a process did to the files below one directory, and what it told the outside: recorded by strace, in order."""

import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

TRACED = (
    "openat,open,creat,write,pwrite64,writev,pwritev,pwritev2,sendto,sendmsg,sendfile,copy_file_range,splice,fsync,"
    "fdatasync,rename,renameat,renameat2,unlink,unlinkat,rmdir,link,linkat,symlink,symlinkat,ftruncate,truncate,"
    "fallocate,mkdir,mkdirat,lseek,dup,dup2,dup3,fcntl,io_uring_setup"
)
LONGEST = 8 << 20


@dataclass(frozen=True)
class Create:
    path: str
    truncates: bool


@dataclass(frozen=True)
class Write:
    path: str
    offset: int
    content: bytes


@dataclass(frozen=True)
class Truncate:
    path: str
    size: int


@dataclass(frozen=True)
class Sync:
    path: str


@dataclass(frozen=True)
class Rename:
    old: str
    new: str


@dataclass(frozen=True)
class Unlink:
    path: str


@dataclass(frozen=True)
class Mkdir:
    path: str


@dataclass(frozen=True)
class Said:
    """Bytes that left the process by a pipe, a terminal or a socket."""

    where: str
    content: bytes


Call = Create | Write | Truncate | Sync | Rename | Unlink | Mkdir | Said


class NotModelledError(Exception):
    """Raised for a call on the watched files that the replay does not know; going on would be dishonest."""


def command(inner: Sequence[str], record: Path) -> list[str]:
    """Return the command that runs another one and records it.

    It writes no byte code, in which each promise that a program could make would be found as said.
    """
    silent = ("-E", "PYTHONDONTWRITEBYTECODE=1")
    traced = f"trace={TRACED}"
    return ["strace", "-f", "-y", "-xx", "-s", str(LONGEST), *silent, "-e", traced, "-o", str(record), *inner]


def run(inner: Sequence[str], record: Path, **more: object) -> int:
    return subprocess.run(command(inner, record), check=False, **more).returncode  # type: ignore[call-overload]


def read(record: Path, root: Path) -> Iterator[Call]:
    """Yield the calls that concern `root`, and all that was said, each at its completion."""
    return _Reader(str(root)).read(record)


LINE = re.compile(r"^(\d+) +(\w+)\((.*)\) += (-?\d+|\?)(<.*>(?:\(deleted\))?)?(?: .*)?$", re.DOTALL)
FD = r'(-?\d+|AT_FDCWD)(?:<((?:[^<>"]|->)*)>(\(deleted\))?)?'
STRING = r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?'


class _Reader:
    def __init__(self, root: str) -> None:
        self.root = root
        self.positions: dict[tuple[str, str], int] = {}
        self.appending: set[tuple[str, str]] = set()
        self.sizes: dict[str, int] = {}

    def read(self, record: Path) -> Iterator[Call]:
        unfinished: dict[str, str] = {}
        with record.open() as lines:
            for raw in lines:
                line = raw.rstrip("\n")
                pid, _, rest = line.partition(" ")
                rest = rest.lstrip()
                if rest.endswith("<unfinished ...>"):
                    unfinished[pid] = rest.removesuffix("<unfinished ...>").rstrip()
                    continue
                if resumed := re.match(r"<\.\.\. \w+ resumed>(.*)$", rest, re.DOTALL):
                    line = f"{pid} {unfinished.pop(pid)}{resumed[1]}"
                if (match := LINE.match(line)) and match[4] != "?" and int(match[4]) >= 0:
                    yield from self.call(match[2], match[3], int(match[4]), match[5] or "")

    def call(self, name: str, arguments: str, result: int, returned: str) -> Iterator[Call]:
        match name:
            case "openat" | "open" | "creat":
                yield from self.opened(name, arguments, result, returned)
            case "write" | "pwrite64" | "sendto":
                yield from self.wrote(name, arguments, result)
            case "writev" | "sendmsg":
                path, _ = self.file(arguments)
                self.refuse_below(name, path)
                content = b"".join(_bytes(part[0]) for part in re.findall(r"iov_base=" + STRING, arguments))
                yield Said(path, content[:result])
            case "fsync" | "fdatasync":
                path, gone = self.file(arguments)
                if self.below(path) and not gone:
                    yield Sync(path)
            case "ftruncate":
                path, gone = self.file(arguments)
                if self.below(path) and not gone:
                    size = int(arguments.rpartition(",")[2])
                    self.sizes[path] = size
                    yield Truncate(path, size)
            case "rename" | "renameat" | "renameat2":
                old, new = self.paths(arguments)
                if self.below(old) or self.below(new):
                    self.sizes[new] = self.sizes.pop(old, 0)
                    yield Rename(old, new)
            case "unlink" | "unlinkat":
                (path,) = self.paths(arguments)
                if self.below(path):
                    if "AT_REMOVEDIR" in arguments:
                        raise NotModelledError(f"{name}({arguments[:200]})")
                    self.sizes.pop(path, None)
                    yield Unlink(path)
            case "mkdir" | "mkdirat":
                (path,) = self.paths(arguments)
                if self.below(path):
                    yield Mkdir(path)
            case "lseek":
                self.seek(arguments, result)
            case "dup" | "dup2" | "dup3" | "fcntl" | "io_uring_setup":
                path, _ = self.file(arguments)
                if name != "fcntl" or "F_DUPFD" in arguments:
                    self.refuse_below(name, path)
            case _:
                for path in (_text(found[1]) for found in re.findall(FD, arguments)):
                    self.refuse_below(name, path)
                for path in self.paths(arguments):
                    self.refuse_below(name, path)

    def opened(self, name: str, arguments: str, result: int, returned: str) -> Iterator[Call]:
        path = _text(returned[1:].rpartition(">")[0])
        if not self.below(path):
            return
        flags = arguments
        key = (path, str(result))
        self.positions[key] = 0
        self.appending.discard(key)
        if "O_APPEND" in flags:
            self.appending.add(key)
        truncates = "O_TRUNC" in flags or name == "creat"
        if truncates:
            self.sizes[path] = 0
        if "O_CREAT" in flags or truncates:
            yield Create(path, truncates)

    def wrote(self, name: str, arguments: str, result: int) -> Iterator[Call]:
        path, gone = self.file(arguments)
        found = re.search(STRING, arguments)
        content = b""
        if found:
            if found[2]:
                raise NotModelledError(f"a write longer than {LONGEST} bytes to {path}")
            content = _bytes(found[1])[:result]
        if not self.below(path) or path.startswith(("socket:", "pipe:")):
            if content:
                yield Said(path, content)
            return
        if gone:
            return
        if name == "pwrite64":
            offset = int(arguments.rpartition(",")[2])
        else:
            key = (path, arguments.partition("<")[0])
            offset = self.sizes.get(path, 0) if key in self.appending else self.positions.get(key, 0)
            self.positions[key] = offset + result
        self.sizes[path] = max(self.sizes.get(path, 0), offset + result)
        yield Write(path, offset, content)

    def seek(self, arguments: str, result: int) -> None:
        path, _ = self.file(arguments)
        self.positions[(path, arguments.partition("<")[0])] = result

    def file(self, arguments: str) -> tuple[str, bool]:
        found = re.match(FD, arguments)
        return (_text(found[2] or ""), bool(found[3])) if found else ("", False)

    def paths(self, arguments: str) -> list[str]:
        """The path arguments, each made absolute by the directory that stands before it."""
        found = []
        for directory, content in re.findall(
            r"(?:(?:\d+|AT_FDCWD)<([^<>\"]*)>, )?\"((?:\\x[0-9a-f]{2})*)\"", arguments
        ):
            path = _text(content)
            found.append(path if path.startswith("/") else f"{_text(directory)}/{path}")
        return found

    def below(self, path: str) -> bool:
        return path == self.root or path.startswith(self.root + "/")

    def refuse_below(self, name: str, path: str) -> None:
        if self.below(path):
            raise NotModelledError(f"{name} on {path}")


def _bytes(escaped: str) -> bytes:
    return bytes.fromhex(escaped.replace("\\x", ""))


def _text(escaped: str) -> str:
    return _bytes(escaped).decode() if escaped.startswith("\\x") else escaped
