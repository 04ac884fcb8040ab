"""`kioskd [--config FILE] [--check]`: the daemon's command line."""

import argparse
import faulthandler
import logging
import os
import sys
from pathlib import Path
from typing import Final

from kioskd import __version__
from kioskd.model.settings import Settings

DEFAULT_FILE: Final = Path("/etc/kioskd/kioskd.toml")


def parser() -> argparse.ArgumentParser:
    """Return the command line's description."""
    command = argparse.ArgumentParser(
        prog="kioskd", description="The library station that keeps lending when the library system is down."
    )
    command.add_argument("--config", type=Path, help=f"the configuration (default: {DEFAULT_FILE})")
    command.add_argument("--check", action="store_true", help="validate the configuration and exit")
    command.add_argument("--verbose", action="store_true", help="log more")
    command.add_argument("--version", action="version", version=f"kioskd {__version__}")
    return command


def main(argv: list[str] | None = None) -> int:
    """Run the daemon. Exit status: 0 done, 1 tried and failed, 2 wrong usage or configuration."""
    options = parser().parse_args(argv)

    from kioskd.config import BadConfiguration  # noqa: PLC0415 - --help and --version need none of it
    from kioskd.config.apart import load_apart  # noqa: PLC0415

    path = options.config or DEFAULT_FILE
    loading = load_apart(path, os.environ, need_file=options.config is not None)
    # Meanwhile: it takes as long as the reading.
    from kioskd.daemon.journald import set_up  # noqa: PLC0415
    from kioskd.daemon.running import CannotStart, run  # noqa: PLC0415

    try:
        loaded = loading()
    except BadConfiguration as bad:
        print(bad, file=sys.stderr)
        return 2
    for warning in loaded.warnings:
        print(f"kioskd: warning: {warning}", file=sys.stderr)
    if options.check:
        if not _devices_fit(loaded.settings):
            return 2
        print(f"{path}: good; station {loaded.settings.station.id}")
        return 0

    set_up(logging.DEBUG if options.verbose else logging.INFO, os.environ)
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    # The service manager's watchdog ends a loop that hangs by SIGABRT: the log then says where each thread stood.
    faulthandler.enable()
    try:
        run(loaded.settings)
    except CannotStart as trouble:
        print(f"kioskd: {trouble}", file=sys.stderr)
        return 1
    return 0


def _devices_fit(settings: Settings) -> bool:
    """Say what the drivers make of the settings; their import is for `--check` alone."""
    from kioskd.daemon.device_settings import judged  # noqa: PLC0415

    refused, warned = judged(settings)
    for problem in (*refused, *warned):
        print(f"kioskd: {'warning: ' if problem in warned else ''}{problem}", file=sys.stderr)
    return not refused


if __name__ == "__main__":
    sys.exit(main())
