"""docs/OPERATIONS.md tells every verb, every log line, every cause."""

import re

from kioskd.ctl.__main__ import VERBS
from kioskd.model.entry import StorageProblem
from kioskd.model.ils import LineTrouble
from kioskd.model.time import ClockSource
from tests.docs.log_events import Line, logged
from tests.docs.pages import first_names, page, rows, section

PAGE = page("docs/OPERATIONS.md")


def test_every_log_line_has_its_row_and_no_other_has() -> None:
    told = [Line(cells[0].strip("`"), cells[1]) for cells in rows(section(PAGE, "## The log"))]
    assert tuple(sorted(told)) == logged()
    assert all(all(cells[2:]) for cells in rows(section(PAGE, "## The log")))


def test_the_log_lines_are_found() -> None:
    found = {line.words: line.level for line in logged()}
    assert found["mode_changed"] == "info"  # turn.log, of the rules
    assert found["journal_not_read"] == "error"  # through a function of the daemon
    assert found["client refused: pid …, uid …"] == "warning"  # a room's own sentence
    assert {"upload_progress", "entry_exception"} <= set(found)  # of the upload


def test_every_verb_has_its_section() -> None:
    told = re.findall(r"^### `([\w-]+)`$", section(PAGE, "## kioskctl"), re.MULTILINE)
    assert told == [name.replace("_", "-") for name in VERBS]


def test_every_reason_storage_problem_and_clock_source_has_its_row() -> None:
    reasons = first_names(section(PAGE, "## What keeps the library system away"))
    assert set(reasons) == {trouble.value for trouble in LineTrouble} | {"forced"}
    problems = first_names(section(PAGE, "## The disk is full, read-only or broken"))
    assert problems == [problem.value for problem in StorageProblem]
    assert first_names(section(PAGE, "## The clock is not trusted")) == [source.value for source in ClockSource]
