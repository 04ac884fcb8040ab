"""What may go wrong with a printer, as one table of switches (`--fault NAME[=VALUE]`, `POST /fault`)."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta


class Faults(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The switches. A field's default means: not at fault."""

    paper: Annotated[
        Literal["ok", "low", "out"], Meta(description="the sensors: near the end, or no paper; `ok` is a new roll")
    ] = "ok"
    paper_lines: Annotated[
        Annotated[int, Meta(ge=0)] | None,
        Meta(description="so many lines are left on the roll, then it is out, in the middle of a slip"),
    ] = None
    cover_open: Annotated[bool, Meta(description="nothing is printed while it is open")] = False
    cutter_jam: Annotated[bool, Meta(description="the next cut fails and stops the printer until the jam is gone")] = (
        False
    )
    unrecoverable: Annotated[bool, Meta(description="an error that only power off and on ends")] = False
    silent: Annotated[bool, Meta(description="prints, and never answers anything")] = False
    wrong_answers: Annotated[
        Literal["no", "bits", "noise", "flood"],
        Meta(description="every bit turned round; other bytes before each answer; or nothing but other bytes"),
    ] = "no"
    cancel_ignored: Annotated[bool, Meta(description="a cheap printer: DLE DC4 and CAN are not known")] = False
    stall: Annotated[bool, Meta(description="reads nothing: the sender's writes stop going through")] = False
    line_ms: Annotated[float, Meta(ge=0, le=60_000, description="a line of paper takes that long")] = 0
    status_delay_ms: Annotated[float, Meta(ge=0, le=60_000, description="answers come that much later")] = 0
    power_off: Annotated[bool, Meta(description="connections end, new ones are refused, the buffer is lost")] = False
    power_off_after_bytes: Annotated[
        int, Meta(ge=0, description="power fails after N more bytes were received, in the middle of whatever it is")
    ] = 0
