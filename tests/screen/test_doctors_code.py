"""The doctor that the page's server asks ends with whoever asked."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from kioskd.screen.doctor import DoctorsCode


async def test_who_is_no_longer_waited_for_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = tmp_path / "begun"
    os.mkfifo(begun)
    doctor = tmp_path / "kioskctl"
    doctor.write_text(f"#!/bin/sh\necho $$ > {begun}\nexec sleep 60\n")
    doctor.chmod(0o755)
    monkeypatch.setattr(sys, "argv", [str(tmp_path / "kioskd-screen")])
    asking = asyncio.create_task(DoctorsCode(tmp_path / "none").svg())
    number = int(await asyncio.to_thread(begun.read_text))
    asking.cancel()
    with pytest.raises(asyncio.CancelledError) as stopped:
        await asking
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)
    # Kept until here: with the last that knows of it asyncio would have killed a process that was left running.
    assert stopped.value is not None
