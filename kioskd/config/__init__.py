"""The file and the environment become settings: `load` for the daemon, `load_paths` for kioskctl.

The environment beats the file. Everything that is wrong is told at once. Only `load` imports the validator.
"""

from collections.abc import Mapping
from pathlib import Path

from kioskd.config.loaded import Loaded, Paths
from kioskd.config.problems import BadConfiguration, Problem

__all__ = ["BadConfiguration", "Loaded", "Paths", "Problem", "load", "load_paths"]


def load(path: Path | None, environ: Mapping[str, str], *, need_file: bool) -> Loaded:
    """Return the checked settings. Without `need_file` a missing file is an empty one. Raises BadConfiguration."""
    from kioskd.config import loading  # noqa: PLC0415 - kioskctl asks for paths alone, and often

    return loading.load(path, environ, need_file=need_file)


def load_paths(path: Path | None, environ: Mapping[str, str]) -> Paths:
    """Return where socket, journal and codes are, whatever else the file says. Raises BadConfiguration."""
    from kioskd.config import paths  # noqa: PLC0415 - the daemon needs all of it

    return paths.load_paths(path, environ)
