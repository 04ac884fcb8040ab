"""The drivers as a distribution of their own, really installed."""

import ast
import json
import re
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

from drivers.base import WhyNot

REPO = Path(__file__).parents[2]
IMPORTED_AS = {"serial": "pyserial", "PIL": "pillow", "usb": "pyusb"}


def install(source: Path, into: Path) -> None:
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    done = subprocess.run(
        [*command, "--target", str(into), str(source)], capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


ALONE = """
import json, sys
sys.path.insert(0, {site!r})
import drivers
loaded = sorted(name for name in sys.modules if name.partition(".")[0] == "drivers")
from drivers.base import CannotOpen
why = []
for driver in ("evdev", "hidraw"):
    try:
        drivers.SCANNERS[driver](device="/nowhere")
    except CannotOpen as error:
        why.append(error.why)
from drivers import PRINTERS
with PRINTERS["network"](url={url!r}, status_timeout_s=0.2) as printer:
    printer.write(b"slip")
print(json.dumps([drivers.__file__, loaded, why, sorted(name for name in sys.modules if name.startswith("kioskd"))]))
"""


def test_the_drivers_alone_need_no_kioskd_and_nothing_else(tmp_path: Path) -> None:
    install(REPO / "drivers", tmp_path)
    assert {path.name for path in tmp_path.iterdir()} <= {"drivers", "kioskd_drivers-0.1.0.dist-info", "bin"}
    with socket.create_server(("127.0.0.1", 0)) as printer:
        printer.settimeout(20)
        script = ALONE.format(site=str(tmp_path), url=f"127.0.0.1:{printer.getsockname()[1]}")
        command = [sys.executable, "-I", "-S", "-c", script]  # -S: not even this environment's packages
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as alone:
            link, _ = printer.accept()
            link.settimeout(20)
            slip = b""
            while chunk := link.recv(100):
                slip += chunk
            link.close()
            out, err = alone.communicate(timeout=30)
    assert alone.returncode == 0, err
    file, loaded, why, kioskd = json.loads(out)
    assert Path(file).parent == tmp_path / "drivers"
    assert loaded == ["drivers", "drivers.aim", "drivers.base"]
    assert why == [WhyNot.ABSENT, WhyNot.ABSENT]
    assert kioskd == []
    assert slip.endswith(b"slip")


def test_both_descriptions_of_the_package_agree() -> None:
    house = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]
    alone = tomllib.loads((REPO / "drivers/pyproject.toml").read_text())["project"]
    assert alone["version"] == house["version"]
    assert alone["requires-python"] == house["requires-python"]
    needed = {each for extra in alone["optional-dependencies"].values() for each in extra}
    assert needed <= set(house["dependencies"])
    names = {re.split(r"[^A-Za-z0-9-]", each, maxsplit=1)[0] for each in needed}
    assert names == {IMPORTED_AS.get(name, name) for name in imported()}


def imported() -> set[str]:
    """What any driver imports that neither Python nor this package brings."""
    found = set()
    for path in (REPO / "drivers").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found.add(node.module or "")
    return {name.partition(".")[0] for name in found} - sys.stdlib_module_names - {"drivers"}
