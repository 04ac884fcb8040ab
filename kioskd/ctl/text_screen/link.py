"""The daemon's socket in the role `screen`, from within a loop; it heals by itself."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from kioskd.front.protocol import PROTOCOL, VIEW

LONGEST: Final = 8 * 1024 * 1024
RETRY_S: Final = 0.3

Hear = Callable[[dict[str, Any]], None]


class Link:
    """Asks and hears; `hear` gets the greeting's `hello`, each `view`, each `error`, and `down`."""

    def __init__(self, path: Path, hear: Hear) -> None:
        self._path = path
        self._hear = hear
        self._writer: asyncio.StreamWriter | None = None
        self._last_id = 0

    async def run(self) -> None:
        """Stay connected until cancelled."""
        while True:
            with suppress(OSError, ValueError, KeyError):
                await self._serve()
            self._writer = None
            self._hear({"down": True})
            await asyncio.sleep(RETRY_S)

    def ask(self, method: str, params: dict[str, Any]) -> None:
        """Send a request; lost while there is no connection, for the next View tells all."""
        if self._writer is not None:
            self._last_id += 1
            line = {"jsonrpc": "2.0", "id": self._last_id, "method": method, "params": params}
            self._writer.write(json.dumps(line).encode() + b"\n")

    async def _serve(self) -> None:
        reader, self._writer = await asyncio.open_unix_connection(self._path, limit=LONGEST)
        try:
            self.ask("hello", {"client": "kioskctl screen", "protocol": PROTOCOL, "role": "screen"})
            self._hear({"hello": json.loads(await reader.readline())["result"]})
            self.ask("view.watch", {})
            while line := await reader.readline():
                message = json.loads(line)
                if "error" in message:
                    self._hear({"error": message["error"]})
                elif message.get("method") == VIEW:
                    self._hear({"view": message["params"]})
                elif "seq" in (message.get("result") or {}):
                    self._hear({"view": message["result"]})
        finally:
            self._writer.close()
