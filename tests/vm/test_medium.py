"""The disk that forgets what was not flushed, and the look at what it was left with; no machine is started."""

import random
import subprocess
from pathlib import Path

import pytest

from hardware_sim.vm.disk import BLOCK, VolatileDisk
from hardware_sim.vm.medium import Unreadable, take_out

pytestmark = pytest.mark.vm
A, B = b"a" * BLOCK, b"b" * BLOCK
SIZE_BLOCKS = 256


@pytest.fixture
def blank(tmp_path: Path) -> Path:
    """A disk of zeroes, its second half a hole."""
    path = tmp_path / "blank"
    with path.open("wb") as file:
        file.write(bytes(SIZE_BLOCKS // 2 * BLOCK))
        file.truncate(SIZE_BLOCKS * BLOCK)
    return path


def on_medium(disk: VolatileDisk, to: Path) -> dict[int, bytes]:
    """Return the blocks that are not zero after a cut at this moment that keeps nothing."""
    disk.freeze().image(to)
    whole = to.read_bytes()
    assert len(whole) == SIZE_BLOCKS * BLOCK
    blocks = {number: whole[number * BLOCK : (number + 1) * BLOCK] for number in range(SIZE_BLOCKS)}
    return {number: block for number, block in blocks.items() if any(block)}


def test_what_was_flushed_stays_and_the_rest_is_lost(blank: Path, tmp_path: Path) -> None:
    with VolatileDisk(blank) as disk:
        disk.write(0, A)
        disk.flush()
        disk.write(0, B)
        disk.write(200 * BLOCK, B)
        disk.write(3 * BLOCK, A, through=True)
        assert disk.read(0, BLOCK) == B
        assert on_medium(disk, tmp_path / "frozen") == {0: A, 3: A}
        assert disk.read(200 * BLOCK, BLOCK) == B, "a look changes nothing"
        assert (disk.cut().unflushed, disk.read(0, BLOCK), disk.read(200 * BLOCK, BLOCK)) == (2, A, bytes(BLOCK))


def test_a_disk_may_have_written_any_part_of_its_cache(blank: Path, tmp_path: Path) -> None:
    seen = set()
    with VolatileDisk(blank) as disk:
        for number in range(3):
            disk.write(number * BLOCK, A)
        for seed in range(200):
            frozen = disk.freeze(random.Random(seed))
            frozen.image(tmp_path / "frozen")
            whole = (tmp_path / "frozen").read_bytes()
            kept = tuple(whole[number * BLOCK : (number + 1) * BLOCK] == A for number in range(3))
            assert sum(kept) == frozen.cut.kept
            seen.add(kept)
    assert len(seen) == 8


def test_a_frozen_medium_is_not_touched_by_what_follows(blank: Path, tmp_path: Path) -> None:
    with VolatileDisk(blank) as disk:
        disk.write(0, A)
        disk.flush()
        frozen = disk.freeze()
        disk.write(0, B)
        disk.flush()
        frozen.image(tmp_path / "frozen")
    assert (tmp_path / "frozen").read_bytes()[:BLOCK] == A


def test_a_folder_is_taken_from_a_file_system(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "var/lib/kioskd").mkdir(parents=True)
    (tree / "var/lib/kioskd/journal").write_bytes(A + b"end")
    disk = tmp_path / "disk.ext4"
    subprocess.run(["/sbin/mke2fs", "-q", "-t", "ext4", "-d", tree, disk, "8M"], check=True)
    to = tmp_path / "taken"
    to.mkdir()
    take_out(disk, "/var/lib/kioskd", to)
    assert (to / "kioskd/journal").read_bytes() == A + b"end"
    with pytest.raises(Unreadable):
        take_out(disk, "/var/lib/other", to)
    with disk.open("r+b") as file:
        file.write(bytes(4 << 20))
    with pytest.raises(Unreadable):
        take_out(disk, "/var/lib/kioskd", to)
