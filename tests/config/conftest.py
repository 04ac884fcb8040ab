"""What a configuration test needs: a file on disk, and what reading it says."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from kioskd.config import BadConfiguration, Loaded, load

Load = Callable[..., Loaded]
Told = Callable[..., list[str]]


@pytest.fixture
def read(tmp_path: Path) -> Load:
    """Read a text as a configuration."""

    def from_text(text: str, environ: Mapping[str, str] | None = None) -> Loaded:
        path = tmp_path / "kioskd.toml"
        path.write_text(text)
        return load(path, environ or {}, need_file=True)

    return from_text


@pytest.fixture
def told(read: Load, tmp_path: Path) -> Told:
    """The problems of a text, the file's name left out."""

    def problems(text: str, environ: Mapping[str, str] | None = None) -> list[str]:
        with pytest.raises(BadConfiguration) as bad:
            read(text, environ)
        return [str(each).removeprefix(f"{tmp_path}/kioskd.toml: ") for each in bad.value.problems]

    return problems
