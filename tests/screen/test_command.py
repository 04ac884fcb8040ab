"""The command line of kioskd-screen."""

import socket
import subprocess
import sys

import pytest


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kioskd.screen", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--listen", "8080"), "HOST:PORT"),
        (("--listen", "127.0.0.1:"), "HOST:PORT"),
        (("--listen", "127.0.0.1:http"), "HOST:PORT"),
        (("--listen", "127.0.0.1:65536"), "HOST:PORT"),
        (("--listen", "0.0.0.0:0"), "this machine alone"),
        (("--listen", "192.0.2.1:0"), "this machine alone"),
        (("--listen", "[::]:0"), "this machine alone"),
        (("--nonsense",), "--nonsense"),
    ],
)
def test_wrong_usage_is_2_and_says_what_to_write(arguments: tuple[str, ...], word: str) -> None:
    ended = run(*arguments)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert word in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_address_that_is_taken_is_1_and_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        ended = run("--listen", address)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert address in ended.stderr
    assert "Traceback" not in ended.stderr
