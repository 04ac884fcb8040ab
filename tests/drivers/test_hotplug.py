"""The kernel's own notices, on real folders, links and pseudo terminals."""

import asyncio
import os
import select
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.hotplug import Change, PathEvent, PathWatch


def changes(watch: PathWatch, count: int, timeout_s: float = 10.0) -> list[tuple[str, Change]]:
    events: list[PathEvent] = []
    while len(events) < count and select.select([watch], [], [], timeout_s)[0]:
        events += watch.read()
    return [(event.path.name, event.change) for event in events]


def quiet(watch: PathWatch) -> bool:
    """Whether nothing more is said, once the kernel's notices of our own watching are read."""
    while select.select([watch], [], [], 0.02)[0]:
        if watch.read():
            return False
    return True


def watches(watch: PathWatch) -> int:
    return Path(f"/proc/self/fdinfo/{watch.fileno()}").read_text().count("inotify wd:")


@pytest.fixture
def pty() -> Iterator[list[int]]:
    held = list(os.openpty())
    yield held
    for fd in held:
        os.close(fd)


def replug(held: list[int]) -> None:
    for fd in held:
        os.close(fd)
    held[:] = os.openpty()


def test_a_link_to_a_tty_in_folders_that_do_not_exist_yet(tmp_path: Path, pty: list[int]) -> None:
    link = tmp_path / "serial" / "by-id" / "scanner"
    with PathWatch([link]) as watch:
        assert watch.there == frozenset()
        link.parent.mkdir(parents=True)
        link.symlink_to(os.ttyname(pty[1]))
        assert changes(watch, 1) == [("scanner", Change.APPEARED)]
        assert watch.there == {link}
        link.unlink()
        link.parent.rmdir()
        link.parent.parent.rmdir()
        assert changes(watch, 1) == [("scanner", Change.GONE)]
        link.parent.mkdir(parents=True)
        link.symlink_to(os.ttyname(pty[1]))
        assert changes(watch, 1) == [("scanner", Change.APPEARED)]
        assert quiet(watch)


def test_what_is_there_already_is_no_news(tmp_path: Path, pty: list[int]) -> None:
    link = tmp_path / "scanner"
    link.symlink_to(os.ttyname(pty[1]))
    with PathWatch([link]) as watch:
        assert watch.there == {link}
        assert quiet(watch)


def test_the_device_behind_a_standing_link_goes_and_comes(tmp_path: Path, pty: list[int]) -> None:
    link = tmp_path / "scanner"
    link.symlink_to(os.ttyname(pty[1]))
    with PathWatch([link]) as watch:
        for fd in pty:
            os.close(fd)
        pty.clear()
        assert changes(watch, 1) == [("scanner", Change.GONE)]
        pty += os.openpty()
        link.unlink()
        link.symlink_to(os.ttyname(pty[1]))
        assert changes(watch, 1) == [("scanner", Change.APPEARED)]


def test_a_quick_replug_is_not_missed(tmp_path: Path) -> None:
    node, spare = tmp_path / "lp0", tmp_path / "other"
    node.touch()
    with PathWatch([node]) as watch:
        os.link(node, spare)
        node.unlink()
        os.link(spare, node)  # the same inode again, as a pty's number is taken again
        assert changes(watch, 2) == [("lp0", Change.GONE), ("lp0", Change.APPEARED)]
        assert quiet(watch)


def test_a_link_set_to_another_device(tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / name).touch()
    link = tmp_path / "by-id"
    link.symlink_to("first")
    with PathWatch([link]) as watch:
        (tmp_path / "new").symlink_to("second")
        (tmp_path / "new").rename(link)
        assert changes(watch, 2) == [("by-id", Change.GONE), ("by-id", Change.APPEARED)]


def test_rights_that_udev_sets_after_the_node(tmp_path: Path) -> None:
    node = tmp_path / "event3"
    node.touch(mode=0o600)
    with PathWatch([tmp_path / "event*"]) as watch:
        node.chmod(0o660)
        assert changes(watch, 1) == [("event3", Change.RIGHTS)]


def test_patterns(tmp_path: Path) -> None:
    with PathWatch([tmp_path / "input" / "event*", tmp_path / "lp0"]) as watch:
        (tmp_path / "input").mkdir()
        for name in ("event0", "mouse0", "event1"):
            (tmp_path / "input" / name).touch()
        assert sorted(changes(watch, 2)) == [("event0", Change.APPEARED), ("event1", Change.APPEARED)]
        (tmp_path / "input" / "event0").unlink()
        assert changes(watch, 1) == [("event0", Change.GONE)]
        (tmp_path / "lp0").touch()
        assert changes(watch, 1) == [("lp0", Change.APPEARED)]
        assert quiet(watch)


def test_links_in_a_circle_are_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with PathWatch([tmp_path / "a"]) as watch:
        assert watch.there == frozenset()


async def test_a_loop_hears_of_it(tmp_path: Path) -> None:
    loop, heard = asyncio.get_running_loop(), asyncio.Queue[PathEvent]()
    with PathWatch([tmp_path / "lp0"]) as watch:
        loop.add_reader(watch.fileno(), lambda: [heard.put_nowait(event) for event in watch.read()])
        (tmp_path / "lp0").touch()
        assert await asyncio.wait_for(heard.get(), 10) == PathEvent(tmp_path / "lp0", Change.APPEARED)
        loop.remove_reader(watch.fileno())


def test_two_hundred_replugs_leak_neither_descriptors_nor_watches(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    with PathWatch([tmp_path / "usb" / "lp0"]) as watch:
        for _ in range(200):
            (tmp_path / "usb").mkdir()
            (tmp_path / "usb" / "lp0").touch()
            assert changes(watch, 1) == [("lp0", Change.APPEARED)]
            assert watches(watch) == 1
            (tmp_path / "usb" / "lp0").unlink()
            (tmp_path / "usb").rmdir()
            assert changes(watch, 1) == [("lp0", Change.GONE)]
        assert watches(watch) == 1
    watch.close()
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
