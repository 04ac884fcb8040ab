"""A driver that another package brings: the one of docs/DRIVERS.md, really installed, and bad ones."""

import re
import socket
import sys
from importlib import invalidate_caches
from pathlib import Path

import pytest

from drivers import third_party
from kioskd.config import load
from kioskd.devices.printer import PrinterThread
from kioskd.devices.scanners import Scanners
from kioskd.devices.wrong_settings import wrong_settings
from kioskd.model.settings import PrinterSettings, ScannerSettings
from kioskd.model.slip import SlipFate
from tests.devices.conftest import NOW, Heard, job
from tests.drivers.test_package import install

REPO = Path(__file__).parents[2]
CARD, ITEM = "20000000000014", "31168000000012"


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The files that docs/DRIVERS.md shows."""
    page = (REPO / "docs/DRIVERS.md").read_text(encoding="utf-8")
    return dict(re.findall(r"<!-- example: (\S+) -->\n```\w+\n(.*?)```", page, re.DOTALL))


@pytest.fixture(scope="module")
def site(example: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the example's package is installed."""
    source, into = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("site")
    for name in ("udp_scanner.py", "pyproject.toml"):
        (source / name).write_text(example[name])
    install(source, into)
    return into


@pytest.fixture
def installed(site: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, where this interpreter finds it."""
    monkeypatch.syspath_prepend(str(site))
    invalidate_caches()
    monkeypatch.delitem(sys.modules, "udp_scanner", raising=False)
    return site


def bring(into: Path, **drivers: str) -> None:
    """Be a package that is installed in the folder `into` and brings these drivers."""
    info = into / "other-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1.0\n")
    points = "".join(f"{name} = {where}\n" for name, where in drivers.items())
    (info / "entry_points.txt").write_text(f"[kioskd.drivers]\n{points}")


def found_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(folder))
    invalidate_caches()


def test_the_examples_driver_is_short(example: dict[str, str]) -> None:
    assert set(example) == {"udp_scanner.py", "pyproject.toml", "kioskd.toml", "folder_printer.py", "printer.toml"}
    assert len(example["udp_scanner.py"].splitlines()) < 40
    assert len(example["folder_printer.py"].splitlines()) < 40


async def test_another_packages_driver_is_installed_configured_and_read(
    installed: Path, example: dict[str, str], tmp_path: Path, heard: Heard
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = tmp_path / "kioskd.toml"
    config.write_text('ils.host = "sip2.example"\n' + example["kioskd.toml"].replace("9750", str(port)))
    settings = load(config, {}, need_file=True).settings
    assert wrong_settings(settings.scanners, None) == ()
    assert "udp_scanner" not in sys.modules, "configuring imports nothing"
    scanners = Scanners(settings.scanners, heard.deliver, lambda: NOW)
    scanners.start()
    try:
        await heard.state("belt", "ready")
        assert Path(sys.modules["udp_scanner"].__file__ or "").parent == installed
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as belt:
            for code in (CARD, ITEM):
                belt.sendto(code.encode() + b"\r", ("127.0.0.1", port))
        await heard.until(lambda: len(heard.scans()) == 2)
        scanners.signal("belt", accepted=False)  # it has no such thing, and needs none
    finally:
        scanners.close()
    assert heard.scans("belt") == [CARD, ITEM]
    assert heard.states("belt") == ["opening", "ready"]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ((("prot_number", 1),), "unexpected keyword argument 'prot_number'"),
        ((), "missing 1 required keyword-only argument: 'port_number'"),
    ],
)
async def test_options_that_it_does_not_know_are_told(
    installed: Path, options: tuple[tuple[str, int], ...], problem: str, heard: Heard
) -> None:
    scanners = Scanners([ScannerSettings("belt", "udp", options=options)], heard.deliver, lambda: NOW)
    scanners.start()
    failing = await heard.state("belt", "failing")
    scanners.close()
    assert problem in str(failing.problem)


async def test_a_drivers_mistake_fails_its_scanner_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, heard: Heard, caplog: pytest.LogCaptureFixture
) -> None:
    bring(tmp_path, bad="bad_driver:opens", broken="bad_driver:nothing", absent="no_such_module:opens")
    (tmp_path / "bad_driver.py").write_text(
        "import os\n"
        "nothing = 1\n"
        "class Bad:\n"
        "    def __init__(self): self.near, self.far = os.pipe(); os.write(self.far, b'x')\n"
        "    def fileno(self): return self.near\n"
        "    def read(self, now_s): return {}['nothing']\n"
        "    def deadline(self): return None\n"
        "    def close(self): os.close(self.near); os.close(self.far)\n"
        "def opens(): return Bad()\n"
    )
    found_in(tmp_path, monkeypatch)
    assert {"bad", "broken", "absent"} <= third_party.names()
    configured = [ScannerSettings(name, name) for name in ("bad", "broken", "absent")]
    scanners = Scanners(configured, heard.deliver, lambda: NOW)
    scanners.start()
    failing = await heard.state("bad", "failing")
    for name in ("broken", "absent"):
        await heard.until(lambda name=name: heard.states(name)[-1:] in (["failing"], ["absent"]))
    scanners.close()
    assert "its driver made a mistake: KeyError('nothing')" in str(failing.problem)
    assert "the driver made a mistake" in caplog.text
    assert "nothing that could be called" in str(heard.devices("broken")[-1].problem)
    assert "No module named 'no_such_module'" in str(heard.devices("absent")[-1].problem)


async def test_another_packages_printer_is_configured_and_printed_on(
    example: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, heard: Heard
) -> None:
    site, folder, config = tmp_path / "site", tmp_path / "slips", tmp_path / "kioskd.toml"
    site.mkdir()
    (site / "folder_printer.py").write_text(example["folder_printer.py"])
    bring(site, folder="folder_printer:open_printer")
    found_in(site, monkeypatch)
    words = example["printer.toml"].replace("/var/spool/slips", str(folder))
    config.write_text('ils.host = "sip2.example"\n' + words)
    settings = load(config, {}, need_file=True).settings
    assert wrong_settings((), settings.printer) == ()
    printer = PrinterThread(settings.printer, heard.deliver, lambda: NOW)
    printer.start()
    try:
        await heard.state("printer", "ready")
        printer.print(job(1, "FIRST"))
        printer.print(job(2, "SECOND"))
        assert await heard.fate(2) is SlipFate.PRINTED
        folder.rename(tmp_path / "taken away")
        printer.print(job(3, "THIRD", wait_s=0.6))
        assert await heard.fate(3) is not SlipFate.PRINTED
    finally:
        printer.close()
    assert heard.fates()[1] is SlipFate.PRINTED
    slips = sorted((tmp_path / "taken away").iterdir())
    assert [word in slip.read_bytes() for word, slip in zip((b"FIRST", b"SECOND"), slips, strict=True)] == [True] * 2
    assert heard.devices("printer")[-1].driver == "folder"


@pytest.mark.parametrize("where", ["write", "status", "cancel", "close"])
async def test_a_printer_drivers_mistake_is_its_printers_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, heard: Heard, where: str
) -> None:
    bring(tmp_path, bad=f"bad_printer_{where}:Bad")
    (tmp_path / f"bad_printer_{where}.py").write_text(
        "class Bad:\n"
        "    def write(self, slip): pass\n"
        "    def close(self): pass\n"
        f"class Bad(Bad):\n    def {where}(self, *any): return {{}}['nothing']\n"
    )
    found_in(tmp_path, monkeypatch)
    printer = PrinterThread(PrinterSettings("bad"), heard.deliver, lambda: NOW)
    printer.start()
    if where in ("write", "status"):
        printer.print(job(1, "FIRST"))
        failing = await heard.state("printer", "failing")
        assert "its driver made a mistake: KeyError('nothing')" in str(failing.problem)
        assert "update the package" in str(failing.advice)
    else:
        printer.print(job(1, "FIRST"))
        assert await heard.fate(1) is SlipFate.PRINTED
    printer.close()


async def test_a_printers_option_that_it_does_not_know_is_told(
    example: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, heard: Heard
) -> None:
    (tmp_path / "folder_printer.py").write_text(example["folder_printer.py"])
    bring(tmp_path, folder="folder_printer:open_printer")
    found_in(tmp_path, monkeypatch)
    printer = PrinterThread(PrinterSettings("folder", options=(("foldr", "x"),)), heard.deliver, lambda: NOW)
    printer.start()
    failing = await heard.state("printer", "failing")
    printer.close()
    assert "unexpected keyword argument 'foldr'" in str(failing.problem)


def test_a_name_of_ours_is_ours() -> None:
    with pytest.raises(third_party.NotLoaded):
        third_party.load("evdev")
