"""A folder in memory: what is shown here is not the disk."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

MEMORY = Path("/dev/shm")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder for journals, in memory where the machine has such a place."""
    if not MEMORY.is_dir():
        yield tmp_path
        return
    made = Path(tempfile.mkdtemp(prefix="kioskd-", dir=MEMORY))
    yield made
    shutil.rmtree(made)
