from collections.abc import Iterator
from pathlib import Path

import pytest

from kioskd.journal.journal import Journal
from kioskd.model.entry import EntryState

from .making import add, opened, row


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def journal(state_dir: Path) -> Iterator[Journal]:
    with opened(state_dir) as journal:
        yield journal


@pytest.fixture(scope="module")
def long_journal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journal]:
    with opened(tmp_path_factory.mktemp("long")) as journal:
        journal.write([add(number) for number in range(1, 701)])
        states = [*EntryState, EntryState.EXCEPTION, EntryState.SENDING]
        journal.write([row(number, states[number % len(states)]) for number in range(1, 701, 2)])
        yield journal
