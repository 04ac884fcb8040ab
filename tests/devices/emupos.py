"""emupos (PyPI, Apache-2.0), a simulated ESC/POS printer that nobody here wrote, as a foreign judge of a slip's bytes.

It says that it wants Python 3.13, and all that its decoder and renderer use of it is the `type` statement. On an older
Python that statement is read as the assignment it stands for; nothing else of it is changed. Its configuration, which
needs more, is not loaded: the printer's profile is built here from the figures of its own `epson-tm-t20iii.yaml`.
"""

import importlib.abc
import importlib.util
import re
import sys
import types
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from typing import Any

from PIL import Image

ALIAS = re.compile(r"^type (\w+) = ", re.MULTILINE)
PAGES = {
    0: "PC437", 2: "PC850", 3: "PC860", 4: "PC863", 5: "PC865", 16: "WPC1252", 17: "PC866", 18: "PC852", 19: "PC858",
}  # fmt: skip


class _Loader(SourceFileLoader):
    def get_data(self, path: str) -> bytes:
        found = super().get_data(path)
        return ALIAS.sub(r"\1 = ", found.decode()).encode() if path.endswith(".py") else found

    def set_data(self, path: str, data: bytes, *, _mode: int = 0o666) -> None:
        """Keep no byte code of what is read otherwise than it stands."""


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> ModuleSpec | None:
        if not fullname.startswith("emupos.") or path is None:
            return None
        name = fullname.rpartition(".")[2]
        for folder in map(Path, path):
            if (package := folder / name / "__init__.py").exists():
                where = [str(package.parent)]
                return importlib.util.spec_from_file_location(
                    fullname, package, loader=_Loader(fullname, str(package)), submodule_search_locations=where
                )
            if (module := folder / f"{name}.py").exists():
                return importlib.util.spec_from_file_location(fullname, module, loader=_Loader(fullname, str(module)))
        return None


@dataclass(frozen=True)
class _Cell:
    width: int
    height: int


@dataclass(frozen=True)
class _Profile:
    name: str
    width_dots: int
    code_pages: dict[int, str]
    default_code_page: int = 0
    dpi: int = 203
    font_a: _Cell = _Cell(12, 24)
    font_b: _Cell = _Cell(9, 17)


@dataclass(frozen=True)
class Judged:
    """What the foreign printer made of some bytes."""

    text: list[str]
    """A line a line of paper; pictures and codes as `[image 384x30]`, `[barcode CODE128 …]`, `[qr …]`."""
    image: Image.Image
    complaints: list[str]
    """Commands it does not know, code pages it has not."""
    cuts: int


def judge(payload: bytes, columns: int) -> Judged:
    """Print `payload` on that printer, in one piece."""
    model, tokenizer = _load()
    paper = model.PrintModel("judge", _Profile("judge", columns * 12, PAGES))
    reader = tokenizer.Tokenizer()
    complaints, cuts = [], 0
    for token in reader.feed(payload):
        if getattr(token, "name", "") == "GS V":
            cuts += 1
            continue
        complaints += [f"{event.type}: {event.data}" for event in paper.process(token)]
    if (rest := reader.close()) is not None:
        complaints.append(f"cut off: {rest.raw.hex()}")
    receipt = paper.receipt.render("cut")
    assert receipt is not None, "a blank slip"
    return Judged(list(paper.receipt._text_lines), _image(receipt.png), complaints, cuts)


def _image(png: bytes) -> Image.Image:
    import io

    return Image.open(io.BytesIO(png)).convert("1")


def _load() -> tuple[Any, Any]:
    if "emupos.config" not in sys.modules:  # it would ask for libraries that a printer needs none of
        if sys.version_info < (3, 13):
            sys.meta_path.insert(0, _Finder())
        stand_in = types.ModuleType("emupos.config")
        stand_in.PrinterProfile = _Profile  # type: ignore[attr-defined]
        sys.modules["emupos.config"] = stand_in
    from emupos.printer.escpos import model, tokenizer

    return model, tokenizer
