"""What a file system may hold after a power cut. The model, stricter than ext4 and what POSIX promises:

- A file's content is certain as of its last completed fsync or fdatasync. Of the writes and truncations since, any
  subset may have reached the disk, a write also in part, by sectors of 512 bytes (each whole or not at all). What lies
  between written parts is zeros.
- A name in a directory (made, renamed, taken away) is certain as of the last fsync of that directory. Of the changes
  since, any subset may have happened, a rename whole or not at all. To sync a file does not make its name certain.
- Nothing else is ordered against anything else. The disk obeys a flush; one that lies is beyond any software.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from .calls import Call, Create, Mkdir, NotModelledError, Rename, Said, Sync, Truncate, Unlink, Write

SECTOR = 512
MANY = 10
"""From that many open changes on, not each of them is left out or kept alone, but some drawn by lot."""


@dataclass
class File:
    durable: bytes = b""
    pending: list[tuple[int, bytes] | int] = field(default_factory=list)
    """(offset, bytes) of a write, or the size of a truncation."""
    synced: int = 0

    def content(self, chosen: "Choice") -> bytes:
        content = bytearray(self.durable)
        for change, part in zip(self.pending, chosen, strict=True):
            if part is False:
                continue
            if isinstance(change, int):
                del content[change:]
                content.extend(bytes(max(0, change - len(content))))
                continue
            offset, new = change
            for start, end in _sectors(offset, len(new)) if part is not True else [(offset, offset + len(new))]:
                if part is True or start // SECTOR in part:
                    content.extend(bytes(max(0, end - len(content))))
                    content[start:end] = new[start - offset : end - offset]
        return bytes(content)


@dataclass
class Folder:
    durable: dict[str, int] = field(default_factory=dict)
    pending: list[tuple[tuple[str, int | None], ...]] = field(default_factory=list)
    """Changes of names, each a set of (name, node or None) that happens whole."""
    synced: int = 0

    def names(self, chosen: "Choice") -> dict[str, int]:
        names = dict(self.durable)
        for change, part in zip(self.pending, chosen, strict=True):
            if part:
                for name, node in change:
                    if node is None:
                        names.pop(name, None)
                    else:
                        names[name] = node
        return names


Node = File | Folder
Choice = tuple[bool | frozenset[int], ...]
"""Of each open change: not at all, whole, or (of a write) these sectors."""
State = tuple[tuple[int, int, Choice], ...]
"""Of each node with open changes: how often it was synced, and what of those changes is there."""


class Disk:
    """The tree below one directory, which itself is certain and empty at first."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.nodes: dict[int, Node] = {0: Folder()}

    # --- what happens ------------------------------------------------------------------------------

    def apply(self, call: Call) -> None:
        match call:
            case Create():
                if (node := self._node(call.path)) is None:
                    self._name(call.path, self._new(File()))
                elif call.truncates:
                    self._file(call.path).pending.append(0)
            case Mkdir():
                self._name(call.path, self._new(Folder()))
            case Write():
                self._file(call.path).pending.append((call.offset, call.content))
            case Truncate():
                self._file(call.path).pending.append(call.size)
            case Sync():
                node = self._node(call.path)
                assert node is not None, call
                self._sync(self.nodes[node])
            case Rename():
                self._rename(call.old, call.new)
            case Unlink():
                folder, name = self._place(call.path)
                folder.pending.append(((name, None),))
            case Said():
                pass

    def _sync(self, node: Node) -> None:
        everything: Choice = (True,) * len(node.pending)
        if isinstance(node, File):
            node.durable = node.content(everything)
        else:
            node.durable = node.names(everything)
        node.pending.clear()
        node.synced += 1

    def _rename(self, old: str, new: str) -> None:
        folder, old_name = self._place(old)
        other, new_name = self._place(new)
        node = self._node(old)
        if folder is not other or node is None:
            raise NotModelledError(f"rename across directories: {old} to {new}")
        folder.pending.append(((old_name, None), (new_name, node)))

    def _new(self, node: Node) -> int:
        number = len(self.nodes)
        self.nodes[number] = node
        return number

    def _name(self, path: str, node: int) -> None:
        folder, name = self._place(path)
        folder.pending.append(((name, node),))

    def _place(self, path: str) -> tuple[Folder, str]:
        parent, _, name = path.rpartition("/")
        number = self._node(parent)
        assert number is not None, path
        folder = self.nodes[number]
        assert isinstance(folder, Folder)
        return folder, name

    def _node(self, path: str) -> int | None:
        number: int | None = 0
        for name in path.removeprefix(self.root).strip("/").split("/"):
            if name and number is not None:
                folder = self.nodes[number]
                assert isinstance(folder, Folder)
                number = folder.names((True,) * len(folder.pending)).get(name)
        return number

    def _file(self, path: str) -> File:
        number = self._node(path)
        assert number is not None, path
        file = self.nodes[number]
        assert isinstance(file, File)
        return file

    # --- what may be there afterwards --------------------------------------------------------------

    def states(self, chance: random.Random) -> Iterator[State]:
        """Yield what the disk may hold now: each node's choices against nothing and all of the others, and mixtures."""
        choices = {number: list(_choices(node, chance)) for number, node in self.nodes.items() if node.pending}
        if not choices:
            yield ()
            return
        for others in (0, 1):
            base = {number: options[others] for number, options in choices.items()}
            for number, options in choices.items():
                for option in options:
                    yield self._state({**base, number: option})
        for _ in range(4 if len(choices) > 1 else 0):
            yield self._state({number: chance.choice(options) for number, options in choices.items()})

    def whole(self) -> State:
        """Return the state in which everything is there."""
        return self._state({number: (True,) * len(node.pending) for number, node in self.nodes.items() if node.pending})

    def _state(self, chosen: dict[int, Choice]) -> State:
        return tuple((number, self.nodes[number].synced, choice) for number, choice in sorted(chosen.items()))

    def key(self, state: State) -> object:
        """Return what tells states apart that may differ in content."""
        return tuple((number, node.synced) for number, node in self.nodes.items()), state

    def parts_names(self, state: State) -> bool:
        """Whether a directory has some of its open changes and not others."""
        return any(isinstance(self.nodes[number], Folder) and len(set(choice)) > 1 for number, _, choice in state)

    def tree(self, state: State) -> dict[str, bytes | None]:
        """Return paths and contents (None: a directory)."""
        chosen = {number: choice for number, _, choice in state}
        found: dict[str, bytes | None] = {}

        def walk(number: int, path: str) -> None:
            node = self.nodes[number]
            choice = chosen.get(number, ())
            if isinstance(node, File):
                found[path] = node.content(choice)
                return
            found[path] = None
            for name, child in node.names(choice).items():
                walk(child, f"{path}/{name}" if path else name)

        walk(0, "")
        return found


def lay(tree: dict[str, bytes | None], root: Path) -> None:
    """Make the tree below an empty directory."""
    for path, content in tree.items():
        if content is None:
            (root / path).mkdir(exist_ok=True)
            continue
        with (root / path).open("wb") as file:
            file.write(content.rstrip(b"\0"))
            file.truncate(len(content))


def _sectors(offset: int, length: int) -> Iterator[tuple[int, int]]:
    start = offset
    while start < offset + length:
        end = min(offset + length, (start // SECTOR + 1) * SECTOR)
        yield start, end
        start = end


def _choices(node: Node, chance: random.Random) -> Iterator[Choice]:
    """Yield nothing, all, each beginning, all but one, one alone, and torn writes."""
    number = len(node.pending)
    yield (False,) * number
    yield (True,) * number
    some = range(number) if number <= MANY else sorted(chance.sample(range(number), MANY))
    for index in some:
        if index > 0:
            yield (True,) * index + (False,) * (number - index)
        if number > 1:
            yield tuple(each != index for each in range(number))
            yield tuple(each == index for each in range(number))
    if isinstance(node, File):
        for index in list(some)[-3:]:
            change = node.pending[index]
            if isinstance(change, int):
                continue
            sectors = [start // SECTOR for start, _ in _sectors(change[0], len(change[1]))]
            torn = frozenset(chance.sample(sectors, len(sectors) // 2))
            yield (True,) * index + (torn,) + (False,) * (number - index - 1)
            yield (True,) * index + (torn,) + (True,) * (number - index - 1)
