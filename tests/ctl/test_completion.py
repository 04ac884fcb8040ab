"""`kioskctl completion`: a real bash completes by it."""

import subprocess

import pytest

from kioskd.ctl.__main__ import VERBS, parser
from kioskd.ctl.verbs.completion import script, words


def complete(*typed: str) -> list[str]:
    """Return what bash offers for the last word."""
    line = " ".join(f"'{word}'" for word in ("kioskctl", *typed))
    asks = f"COMP_WORDS=({line}); COMP_CWORD={len(typed)}; _kioskctl; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    program = script(dict(words(parser())), "bash") + asks
    done = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=True, cwd="/proc/self/fdinfo")
    assert done.stderr == ""
    return done.stdout.split()


def test_every_verb_is_offered() -> None:
    assert len(VERBS) <= len(set(complete("")) - {"--json"})
    assert {"doctor", "support-bundle", "journal"} <= set(complete(""))


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (("doc",), ["doctor"]),
        (("doctor", "--ow"), ["--own-line"]),
        (("--json", "journal", "su"), ["summary"]),
        (("export", "--format", "koha"), ["koha-koc"]),
        (("completion", "z"), ["zsh"]),
    ],
)
def test_what_bash_offers(typed: tuple[str, ...], offered: list[str]) -> None:
    assert complete(*typed) == offered


def test_what_is_hidden_is_not_offered() -> None:
    assert "--root" not in complete("doctor", "--")
