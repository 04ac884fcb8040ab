"""The command line: options that stand before or after the verb, and what each verb is given."""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from kioskd.ctl.client import Client
from kioskd.ctl.errors import WrongUsage


@dataclass(frozen=True, slots=True)
class Where:
    """Where the daemon and its journal are; what no option says, the configuration tells when it is needed."""

    environ: Mapping[str, str]
    config: Path | None = None
    socket: Path | None = None
    state_dir: Path | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a verb is given: its own options, whether one JSON document is wanted, and the way to the daemon."""

    options: argparse.Namespace
    json: bool
    where: Where
    connect: Callable[[], Client]


Run = Callable[[Asked], None]


class Verbs(Protocol):
    """Where a verb registers itself (argparse's sub-parsers)."""

    def add_parser(self, name: str, **more: Any) -> argparse.ArgumentParser:
        """Return the verb's own parser."""


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, as all of kioskd's commands do, and where to read on."""

    def error(self, message: str) -> Any:  # noqa: ANN401 # never returns, and argparse's own stub says NoReturn
        """Refuse the command line. Raises WrongUsage."""
        raise WrongUsage(f"{message}; see {self.prog} --help")


def common() -> argparse.ArgumentParser:
    """Return the options that may stand anywhere; an absent one leaves no trace, so that no place undoes the other."""
    options = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    options.add_argument("--config", type=Path, metavar="FILE", help="the daemon's configuration")
    options.add_argument("--socket", type=Path, metavar="PATH", help="the daemon's socket")
    options.add_argument("--json", action="store_true", help="print one JSON document")
    return options


def state_dir(parser: argparse.ArgumentParser) -> None:
    """Let a verb be told where a journal lies."""
    parser.add_argument(
        "--state-dir",
        type=Path,
        metavar="DIR",
        default=argparse.SUPPRESS,
        help="journal verbs: read the journal in this directory (with --socket: if the daemon does not answer there)",
    )
