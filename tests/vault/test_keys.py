"""Sealing and opening: only a code opens, whoever holds the disk."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kioskd.vault import Vault, VaultTrouble, keys

CODE, OTHER = "correct horse", "battery staple"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "SCRYPT", {**keys.SCRYPT, "n": 1 << 4})


def test_what_is_sealed_is_opened_by_the_code_alone(tmp_path: Path) -> None:
    path = tmp_path / "codes.keys"
    made = Vault.new(path, "KM", CODE)
    assert path.stat().st_mode & 0o777 == 0o600
    read = Vault.load(path)
    assert read == made
    assert read is not None
    sealed = read.seal({"last": "Čapek"})
    assert "apek" not in sealed
    assert read.open(sealed, "KM", CODE) == {"last": "Čapek"}
    with pytest.raises(VaultTrouble, match="that is not the code of KM"):
        read.open(sealed, "KM", OTHER)
    with pytest.raises(VaultTrouble, match="AB cannot open registrations; ask one who can: KM"):
        read.open(sealed, "AB", CODE)
    with pytest.raises(VaultTrouble, match="other keys, or is damaged"):
        read.open("A" * len(sealed), "KM", CODE)


def test_one_who_can_open_lets_another_open_too(tmp_path: Path) -> None:
    vault = Vault.new(tmp_path / "codes.keys", "KM", CODE)
    sealed = vault.seal({"last": "Novak"})
    both = vault.add("AB", OTHER, by="KM", by_code=CODE)
    assert both.open(sealed, "AB", OTHER) == both.open(sealed, "KM", CODE) == {"last": "Novak"}
    with pytest.raises(VaultTrouble, match="that is not the code of KM"):
        vault.add("CD", "third code", by="KM", by_code="wrong")
    assert Vault.load(tmp_path / "codes.keys") == both


def test_the_file_holds_neither_code_nor_private_key_in_clear(tmp_path: Path) -> None:
    path = tmp_path / "codes.keys"
    Vault.new(path, "KM", CODE)
    document = json.loads(path.read_text())
    assert set(document) == {"public", "locks"}
    assert set(document["locks"]["KM"]) == {"salt", "box"}
    assert CODE not in path.read_text()


@pytest.mark.parametrize("content", ["", "{", "{}", '{"public": "AAAA", "locks": {}}', '{"public": 1, "locks": []}'])
def test_a_broken_file_says_what_to_do(tmp_path: Path, content: str) -> None:
    path = tmp_path / "codes.keys"
    path.write_text(content)
    with pytest.raises(VaultTrouble, match=str(path)):
        Vault.load(path)


def test_no_file_is_no_vault(tmp_path: Path) -> None:
    assert Vault.load(tmp_path / "none") is None


@settings(max_examples=30)
@given(st.dictionaries(st.text(max_size=20), st.text(max_size=200), max_size=5))
def test_whatever_was_typed_comes_back(content: dict[str, str]) -> None:
    from nacl.public import PrivateKey

    private = PrivateKey.generate()
    vault = Vault(Path("nowhere"), bytes(private.public_key), {"KM": keys._locked(bytes(private), CODE)})
    assert vault.open(vault.seal(content), "KM", CODE) == content
