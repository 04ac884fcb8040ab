"""Everything that may go wrong at a library system, as one table of switches.

A switch is set at start (`--fault NAME[=VALUE]`) or while running (`POST /fault`); all may stand together.
"""

import codecs
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta


def _is(default: Any, name: str | None = None) -> Any:  # noqa: ANN401  # a field of whatever type the switch has
    if isinstance(default, list):
        return msgspec.field(default_factory=list, name=name)
    return msgspec.field(default=default, name=name)


class Cut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One place where the line is dropped; counting begins anew when the cut before it has happened."""

    at: Literal["request_bytes", "answer_bytes", "before_act", "after_act"]
    n: Annotated[int, Meta(ge=0)]


class Faults(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The switches. A field's default means: not at fault."""

    # reachable or not
    down: Annotated[bool, Meta(description="connections are reset and new ones refused")] = False
    hang: Annotated[bool, Meta(description="accepts and reads, does nothing, never answers")] = False
    mute: Annotated[bool, Meta(description="accepts, reads and acts, never answers")] = False
    accept_hang: Annotated[bool, Meta(description="accepts and never reads")] = False
    slow_ms: Annotated[float, Meta(ge=0, description="this much later than --latency-ms")] = 0
    idle_close_s: Annotated[
        float, Meta(ge=0, description="closes a connection idle that long; 0: the server's way")
    ] = 0
    # the line breaks
    drop_after_bytes: Annotated[int, Meta(ge=0, description="dropped after N bytes of requests")] = 0
    drop_after_answer_bytes: Annotated[int, Meta(ge=0, description="dropped after N bytes of answers were sent")] = 0
    drop_before_act: Annotated[int, Meta(ge=0, description="the Nth message: dropped, nothing done")] = 0
    drop_after_act: Annotated[int, Meta(ge=0, description="the Nth message: done, then dropped without an answer")] = 0
    drop_plan: Annotated[list[Cut], Meta(description='cuts one after the other: [{"at": "after_act", "n": 3}, …]')] = (
        _is([])
    )
    drop_repeat: Annotated[bool, Meta(description="when the last cut has happened, begin again with the first")] = False
    drop_count: Annotated[
        Literal["all", "connection"], Meta(description="count over all connections, or from zero on each")
    ] = "all"
    drop_codes: Annotated[list[str], Meta(description="count only these messages; none: all")] = _is([])
    drop_on_item: Annotated[list[str], Meta(description="a request for this item drops the line, nothing done")] = _is(
        []
    )
    drop_on_item_after_act: Annotated[list[str], Meta(description="a request for this item is done, then dropped")] = (
        _is([])
    )
    # half alive
    half_up: Annotated[
        Literal["", "refuse", "hang"],
        Meta(description="93, 98 and 97 are good; all else is refused, or never answered"),
    ] = ""
    starting: Annotated[bool, Meta(description="98 is good; every patron and item is unknown")] = False
    says_offline: Annotated[bool, Meta(description="98 says that it is off line, all else works")] = False
    status_flags: Annotated[str, Meta(pattern="^([YN]{6})?$", description="98's six flags")] = ""
    status_timeout: Annotated[str, Meta(pattern="^([0-9]{3})?$", description="98's time-out, tenths of a second")] = ""
    error_after_deed: Annotated[bool, Meta(description="11 and 29 are done and answered as refused")] = False
    lose_memory: Annotated[bool, Meta(description="restarts at once without the loans it had made")] = False
    refuse_items: Annotated[list[str], Meta(description="11 and 29 for these items are refused")] = _is([])
    # logging in
    login_refused: Annotated[bool, Meta(description="940")] = False
    no_login: Annotated[bool, Meta(description="93 is unknown and closes; all else works without it")] = False
    seats: Annotated[int, Meta(ge=0, description="940 when that many others are logged in; 0: no limit")] = 0
    # how it writes
    terminator: Annotated[Literal["", "cr", "crlf", "lf"], Meta(description="ends its lines so")] = ""
    encoding: Annotated[str, Meta(description="reads and writes in this encoding")] = ""
    checksum: Annotated[
        Literal["good", "zero", "off", "wrong", "wrong_once"],
        Meta(description="AZ: 0000, left out (AY stays), wrong, or wrong in the next answer"),
    ] = "good"
    no_ed: Annotated[bool, Meta(description="neither AY nor AZ, whatever was asked")] = False
    echo_wrong_sequence_once: Annotated[bool, Meta(description="the next answer has another sequence number")] = False
    stale_answer_first: Annotated[bool, Meta(description="the previous answer comes again before each")] = False
    answers_other_once: Annotated[
        bool, Meta(description="the next 12, 18, 30, 24 or 64 names another patron and item")
    ] = False
    answer_96_once: Annotated[bool, Meta(description="the next request is answered 96, as if garbled")] = _is(
        False, "96_once"
    )
    unknown_message: Annotated[
        Literal["", "96", "close", "silent"], Meta(description="to a message number it does not know")
    ] = ""
    unknown_fields: Annotated[bool, Meta(description="adds PA, PB, PI, XI, ZZ and CR to its answers")] = False
    au_duplicates: Annotated[bool, Meta(description="lists each item on loan three times")] = False
    af_repeated: Annotated[bool, Meta(description="AF and AG come twice")] = False
    af_names_borrower: Annotated[bool, Meta(description="AF of a refusal names who has the item")] = False
    missing_last_bar: Annotated[bool, Meta(description="no | after the last field")] = False
    lowercase_flags: Annotated[bool, Meta(description="y and n")] = False
    trailing_blanks: Annotated[bool, Meta(description="160 blanks before AY")] = False
    ah_format: Annotated[
        Literal["", "sip", "iso", "date", "us", "european", "words", "empty"], Meta(description="how AH is written")
    ] = ""
    field_order: Annotated[Literal["", "shuffled", "reversed"], Meta(description="of the variable fields")] = ""
    split_answers: Annotated[int, Meta(ge=0, description="answers leave in pieces of N bytes, a turn apart")] = 0
    two_in_one_segment: Annotated[bool, Meta(description="holds an answer up to 30 ms to send it with the next")] = (
        False
    )
    flood_once: Annotated[int, Meta(ge=0, description="the next answer is N bytes without a terminator")] = 0


def check(faults: Faults) -> Faults:
    """Check what types cannot say. Raises msgspec.ValidationError."""
    if faults.encoding:
        try:
            codecs.lookup(faults.encoding)
        except LookupError as wrong:
            raise msgspec.ValidationError(f"unknown encoding {faults.encoding!r} - at `$.encoding`") from wrong
    return faults
