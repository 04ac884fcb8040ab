"""What goes into the Debian package; that it installs and runs, the systemd tier shows."""

import re
import subprocess
from configparser import RawConfigParser
from pathlib import Path

import pytest

from devtools.package import pages, wheels
from devtools.package.layout import COMMANDS, DOCUMENTS, HELPERS, OF_SYSTEMD
from kioskd.config import load

REPO = Path(__file__).parents[2]
UNITS = sorted(path for path in (REPO / "systemd").iterdir() if path.suffix in {".service", ".socket", ".timer"})
SCRIPTS = ("preinst", "postinst", "prerm", "postrm", "back-off", "display", "display-check")


def test_the_configuration_that_comes_with_it_starts_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "kioskd.toml"
    file.write_text(pages.configuration())
    assert load(file, {}, need_file=True).settings.ils.host == "127.0.0.1"


def test_each_commented_key_is_the_default(tmp_path: Path) -> None:
    """With every comment of a plain key taken off, the settings are the same."""
    commented = pages.configuration()
    # What is said by a default that depends, and what stands in a section that says something by being there, stays.
    literal = r"^# (?!id |codes_file|upload_login_password_file|block_list )([a-z_]+ = .+)$"
    plain, mark, devices = commented.partition("# [[related]]")
    plain = re.sub(literal, r"\1", plain, flags=re.MULTILINE)
    assert mark
    assert "# [[scanner]]" in devices
    assert "[printer]" in devices
    settings = []
    for number, text in enumerate((commented, plain)):
        file = tmp_path / f"{number}.toml"
        file.write_text(text)
        settings.append(load(file, {}, need_file=True).settings)
    assert settings[0] == settings[1]


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_shell_reads_each_script(script: str) -> None:
    answer = subprocess.run(["sh", "-n", str(REPO / "packaging" / script)], capture_output=True, text=True, check=False)
    assert (answer.returncode, answer.stderr) == (0, "")


def test_every_file_of_systemd_has_its_place() -> None:
    placed = {path for pattern in OF_SYSTEMD for path in (REPO / "systemd").glob(pattern)}
    assert placed == set((REPO / "systemd").iterdir())


def test_everything_that_a_unit_starts_comes_with_the_package() -> None:
    ours = {f"/usr/bin/{name}" for name in COMMANDS} | {f"/usr/lib/kioskd/{name}" for name in HELPERS}
    others = {"/bin/sh", "/usr/bin/cage", "/usr/bin/chvt"}
    for path in UNITS:
        unit = RawConfigParser(strict=False, delimiters="=", comment_prefixes="#", allow_no_value=True)
        unit.optionxform = str  # type: ignore[assignment,method-assign]
        unit.read_string(path.read_text())
        if path.suffix == ".service":
            for key in ("ExecStart", "ExecStartPre", "ExecStopPost"):
                command = unit.get("Service", key, fallback="").lstrip("+-").split(" ")[0]
                assert command in ours | others | {""}, f"{path.name}: {key}"
        for page in re.findall(r"man:(\S+)\((\d)\)", unit.get("Unit", "Documentation", fallback="")):
            assert ".".join(page) in {*pages.PAGES, "kioskd.toml.5"}, path.name


@pytest.mark.parametrize("name", [*pages.PAGES, "kioskd.toml.5"])
def test_each_manual_page_has_its_parts(name: str) -> None:
    text = pages.configuration_manual() if name == "kioskd.toml.5" else pages.manual(name)
    assert text.startswith(f".TH {name.rpartition('.')[0].upper()} {name[-1]} ")
    assert ".SH NAME\n" in text
    assert "None" not in text
    assert not re.search(r"^[.'](?!TH|SH|SS|TP|B |nf|fi)", text, re.MULTILINE), "troff would take this for a request"


def test_the_completion_knows_every_verb_and_action() -> None:
    for words, some in (
        ("", {"status", "journal", "--json"}),
        ("journal", {"list", "show"}),
        ("journal list", {"--state"}),
    ):
        line = (
            f"COMP_WORDS=(kioskctl {words} ''); COMP_CWORD={len(words.split()) + 1}; _kioskctl; echo ${{COMPREPLY[@]}}"
        )
        script = f"{pages.completion()}\n{line}"
        answer = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
        assert some <= set(answer.stdout.split()), answer


def test_the_documents_are_there() -> None:
    assert [name for name in DOCUMENTS if not (REPO / name).is_file()] == []


def test_what_is_needed_is_chosen_by_what_the_wheels_say(tmp_path: Path) -> None:
    import zipfile

    def wheel(name: str, *requires: str) -> Path:
        path = tmp_path / f"{name}-1.0-py3-none-any.whl"
        lines = [f"Name: {name}", "Version: 1.0", *(f"Requires-Dist: {each}" for each in requires)]
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"{name}-1.0.dist-info/METADATA", "\n".join(lines) + "\n")
        return path

    ours = wheel(
        "ours",
        "needed>=1",
        'old; python_version < "3.12"',
        'extra; extra == "more"',
        'windows; sys_platform == "win32"',
    )
    needed, old, other = wheel("needed", "ours"), wheel("old"), wheel("other")
    there = [ours, needed, old, other]
    assert wheels.needed(there, ["ours"], "3.11") == [needed, old, ours]
    assert wheels.needed(there, ["ours"], "3.13") == [needed, ours]
    with pytest.raises(KeyError):
        wheels.needed([ours], ["ours"], "3.13")
