"""A disk with a cache that a power cut empties: served to QEMU over NBD, it keeps writes in memory until a flush.

An image file and a killed QEMU would prove nothing: the host's page cache keeps what the guest never flushed.
Source of the protocol: NetworkBlockDevice/nbd, doc/proto.md (fixed newstyle negotiation, simple replies).

Not simulated: blocks torn in themselves, a disk that lies about its flushes (unless told to), wear.
"""

import io
import os
import random
import socket
import struct
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

BLOCK: Final = 4096
"""What is kept or lost as a whole: ext4's block, and what SD cards write at least."""
FIXED_NEWSTYLE, NO_ZEROES = 1, 2
OPT_EXPORT_NAME, OPT_ABORT, OPT_INFO, OPT_GO = 1, 2, 6, 7
REP_ACK, REP_INFO, REP_ERR_UNSUP = 1, 3, 1 << 31 | 1
OPTION_MAGIC, REPLY_MAGIC = 0x49484156454F5054, 0x3E889045565A9
REQUEST_MAGIC, ANSWER_MAGIC = 0x25609513, 0x67446698
READ, WRITE, DISCONNECT, FLUSH = 0, 1, 2, 3
FUA: Final = 1
"""On a write: it is to be on the disk before it is answered."""
HAS_FLAGS, SEND_FLUSH, SEND_FUA = 1, 4, 8
REQUEST: Final = struct.Struct(">IHHQQI")
EINVAL: Final = 22


@dataclass(frozen=True, slots=True)
class Cut:
    """What a power cut did to the disk."""

    unflushed: int
    """Blocks in the cache at that moment."""
    kept: int
    """Of these, how many the disk had written all the same."""


class Frozen:
    """A medium at one moment. Valid as long as the disk that it was taken from is served."""

    def __init__(self, cut: Cut, base: int, size: int, written: Mapping[int, bytes]) -> None:
        """`base`: a descriptor of the disk's beginnings; `written`: block's number → what is there since."""
        self.cut = cut
        self._base = base
        self._size = size
        self._written = written

    def image(self, to: Path) -> None:
        """Write it to the file `to`, with holes where the disk has some."""
        with to.open("wb") as file:
            os.truncate(file.fileno(), self._size)
            at = 0
            while at < self._size:
                try:
                    start = os.lseek(self._base, at, os.SEEK_DATA)
                except OSError:  # ENXIO: nothing but a hole
                    break
                at = os.lseek(self._base, start, os.SEEK_HOLE)
                copied = start
                while copied < at:
                    copied += os.copy_file_range(self._base, file.fileno(), at - copied, copied, copied)
            for number, block in self._written.items():
                os.pwrite(file.fileno(), block, number * BLOCK)


class VolatileDisk:
    """A disk that begins as `base`, which stays as it is. As a context manager it is served, until the end."""

    def __init__(self, base: Path) -> None:
        self._base = os.open(base, os.O_RDONLY | os.O_CLOEXEC)
        self._size = base.stat().st_size
        self._flushed: dict[int, bytes] = {}
        self._cache: dict[int, bytes] = {}
        self._lock = threading.Lock()
        self._folder = tempfile.TemporaryDirectory(prefix="kiosk-disk-")
        self._socket = Path(self._folder.name) / "nbd"
        self._listener = socket.socket(socket.AF_UNIX)
        self.flushes = 0
        """How often the guest asked for one, single writes of that kind included."""

    @property
    def drive(self) -> str:
        """QEMU's words for it."""
        return f"format=raw,cache=writeback,file=nbd+unix:///?socket={self._socket}"

    def cut(self, chance: random.Random | None = None) -> Cut:
        """The power goes, and QEMU with it: call it when QEMU is dead. The cache is lost, or what `chance` takes of it.

        A disk writes its cache in any order and at any time, so any part of it may have reached the medium.
        """
        with self._lock:
            cut, kept = self._lost(chance)
            self._flushed.update(kept)
            self._cache.clear()
            return cut

    def freeze(self, chance: random.Random | None = None) -> "Frozen":
        """Return the medium as a power cut at this moment would leave it, and go on. `chance` as at `cut`."""
        with self._lock:
            cut, kept = self._lost(chance)
            return Frozen(cut, self._base, self._size, {**self._flushed, **kept})

    def image(self, to: Path) -> None:
        """Write the disk as it is after a cut to the file `to`, without what is in the cache."""
        with self._lock:
            frozen = Frozen(Cut(len(self._cache), 0), self._base, self._size, dict(self._flushed))
        frozen.image(to)

    def _lost(self, chance: random.Random | None) -> tuple[Cut, Mapping[int, bytes]]:
        kept: Mapping[int, bytes] = {}
        if chance is not None:
            share = chance.random()
            kept = {number: block for number, block in self._cache.items() if chance.random() < share}
        return Cut(len(self._cache), len(kept)), kept

    def __enter__(self) -> Self:
        self._listener.bind(str(self._socket))
        self._listener.listen(4)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        os.close(self._base)
        self._folder.cleanup()

    # ---- the medium

    def read(self, offset: int, length: int) -> bytes:
        """Return what the guest sees at `offset`."""
        first, last = offset // BLOCK, -(-(offset + length) // BLOCK)
        with self._lock:
            whole = bytearray(os.pread(self._base, (last - first) * BLOCK, first * BLOCK))
            for number in range(first, last):
                block = self._cache.get(number) or self._flushed.get(number)
                if block is not None:
                    whole[(number - first) * BLOCK : (number - first + 1) * BLOCK] = block
        return bytes(whole[offset - first * BLOCK :][:length])

    def write(self, offset: int, payload: bytes, *, through: bool = False) -> None:
        """Take a write into the cache; `through`: onto the medium."""
        first, last = offset // BLOCK, -(-(offset + len(payload)) // BLOCK)
        before = self.read(first * BLOCK, (last - first) * BLOCK) if (offset | len(payload)) % BLOCK else b""
        start = offset - first * BLOCK
        whole = before[:start] + payload + before[start + len(payload) :]
        with self._lock:
            for number in range(first, last):
                block = whole[(number - first) * BLOCK : (number - first + 1) * BLOCK]
                if through:
                    self._cache.pop(number, None)
                    self._flushed[number] = block
                else:
                    self._cache[number] = block
            self.flushes += through

    def flush(self) -> None:
        """Put the cache onto the medium."""
        with self._lock:
            self._flushed.update(self._cache)
            self._cache.clear()
            self.flushes += 1

    # ---- the wire

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as reads:
            try:
                if self._negotiate(connection, _Reader(reads)):
                    self._transmit(connection, _Reader(reads))
            except (EOFError, OSError):
                return  # QEMU is gone, as killed machines are

    def _negotiate(self, connection: socket.socket, reader: "_Reader") -> bool:
        flags = HAS_FLAGS | SEND_FLUSH | SEND_FUA
        connection.sendall(struct.pack(">8sQH", b"NBDMAGIC", OPTION_MAGIC, FIXED_NEWSTYLE | NO_ZEROES))
        (client_flags,) = struct.unpack(">I", reader.exactly(4))
        while True:
            _, option, length = struct.unpack(">QII", reader.exactly(16))
            reader.exactly(length)

            def reply(kind: int, payload: bytes = b"", option: int = option) -> None:
                connection.sendall(struct.pack(">QIII", REPLY_MAGIC, option, kind, len(payload)) + payload)

            if option == OPT_EXPORT_NAME:
                zeroes = b"" if client_flags & NO_ZEROES else bytes(124)
                connection.sendall(struct.pack(">QH", self._size, flags) + zeroes)
                return True
            if option in (OPT_GO, OPT_INFO):
                reply(REP_INFO, struct.pack(">HQH", 0, self._size, flags))
                reply(REP_ACK)
                if option == OPT_GO:
                    return True
            elif option == OPT_ABORT:
                reply(REP_ACK)
                return False
            else:
                reply(REP_ERR_UNSUP)

    def _transmit(self, connection: socket.socket, reader: "_Reader") -> None:
        while True:
            magic, flags, kind, cookie, offset, length = REQUEST.unpack(reader.exactly(REQUEST.size))
            if magic != REQUEST_MAGIC or kind == DISCONNECT:
                return
            error, answer = 0, b""
            if kind == READ:
                answer = self.read(offset, length)
            elif kind == WRITE:
                self.write(offset, reader.exactly(length), through=bool(flags & FUA))
            elif kind == FLUSH:
                self.flush()
            else:
                error = EINVAL
            connection.sendall(struct.pack(">IIQ", ANSWER_MAGIC, error, cookie) + answer)


class _Reader:
    def __init__(self, reads: io.BufferedReader) -> None:
        self._reads = reads

    def exactly(self, length: int) -> bytes:
        """Return so many bytes. Raises EOFError."""
        got = self._reads.read(length)
        if len(got) < length:
            raise EOFError
        return got
