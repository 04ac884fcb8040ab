"""The front screen's server between a stand-in for the daemon and what plays the page."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.screen.fake_core import FakeCore, fake_core
from tests.screen.station import Screen, serving


@pytest.fixture
def socket_path(tmp_path: Path) -> Path:
    return tmp_path / "kioskd.sock"


@pytest.fixture
async def core(socket_path: Path) -> AsyncIterator[FakeCore]:
    async with fake_core(socket_path) as started:
        yield started


@pytest.fixture
async def screen(socket_path: Path) -> AsyncIterator[Screen]:
    async with serving(socket_path) as started:
        yield started
