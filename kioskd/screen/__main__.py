"""`kioskd-screen`: serve the front screen's page on loopback and bridge it to the daemon's socket."""

import argparse
import asyncio
import json
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from kioskd.screen.server import NotLoopbackError, Server, bind

DONE: Final = 0
FAILED: Final = 1
WRONG_USAGE: Final = 2

MAX_PORT: Final = 65535


def address(text: str) -> tuple[str, int]:
    """Return host and port of `HOST:PORT`. Raises ArgumentTypeError."""
    host, colon, port = text.rpartition(":")
    if not (colon and host and port.isascii() and port.isdigit() and int(port) <= MAX_PORT):
        raise argparse.ArgumentTypeError(f"{text!r} is no address; write HOST:PORT, as in 127.0.0.1:8080")
    return host, int(port)


def parser() -> argparse.ArgumentParser:
    """Return the command line's description."""
    command = argparse.ArgumentParser(
        prog="kioskd-screen", description="Serves the front screen's page on loopback; it holds no state of its own."
    )
    command.add_argument(
        "--socket",
        type=Path,
        default=Path("/run/kioskd/kioskd.sock"),
        help="the daemon's socket (default: %(default)s)",
    )
    command.add_argument(
        "--listen",
        type=address,
        default=("127.0.0.1", 8080),
        metavar="HOST:PORT",
        help="a loopback address; port 0 takes a free one (default: 127.0.0.1:8080)",
    )
    return command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGINT or SIGTERM and return the exit status: 0 ended, 1 cannot listen, 2 wrong usage."""
    asked = parser().parse_args(arguments)
    host, port = asked.listen
    try:
        listener = bind(host, port)
    except NotLoopbackError:
        return _fail(
            WRONG_USAGE, f"--listen {host}: the page is for this machine alone; use 127.0.0.1, localhost or [::1]"
        )
    except OSError as problem:
        why = problem.strerror or str(problem)
        return _fail(FAILED, f"--listen {host}:{port}: {why}; end what listens there, or choose another port")
    asyncio.run(_serve(listener, asked.socket, host))
    return DONE


async def _serve(listener: socket.socket, core_path: Path, host: str) -> None:
    port = listener.getsockname()[1]
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)

    def ready() -> None:
        print(json.dumps({"ready": True, "url": f"http://{host}:{port}/"}), flush=True)

    await Server(core_path, port).run(listener, ready, stop)


def _fail(status: int, problem: str) -> int:
    print(f"kioskd-screen: {problem}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
