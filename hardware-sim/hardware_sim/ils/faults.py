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
    down_for_s: Annotated[float, Meta(ge=0, description="down, and back by itself after so long")] = 0
    accept_hang: Annotated[bool, Meta(description="accepts and never reads")] = False
    slow_ms: Annotated[float, Meta(ge=0, description="this much later than --latency-ms")] = 0
    busy_ms: Annotated[
        float, Meta(ge=0, description="one worker for all: each request keeps it busy so long, and others wait")
    ] = 0
    idle_close_s: Annotated[
        float, Meta(ge=0, description="closes a connection idle that long; 0: the server's way")
    ] = 0
    idle_close: Annotated[
        Literal["", "always", "before_login"], Meta(description="before_login: only one that has not logged in")
    ] = ""
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
    drop_codes: Annotated[
        list[str], Meta(description="count only these messages, and drop_on_item… means only these; none: all")
    ] = _is([])
    drop_on_item: Annotated[list[str], Meta(description="a request for this item drops the line, nothing done")] = _is(
        []
    )
    drop_on_item_after_act: Annotated[list[str], Meta(description="a request for this item is done, then dropped")] = (
        _is([])
    )
    # half alive
    half_up: Annotated[
        Literal["", "refuse", "hang", "close"],
        Meta(description="93, 98 and 97 are good; all else is refused, never answered, or ends the line"),
    ] = ""
    half_up_codes: Annotated[list[str], Meta(description="half_up is about these messages only; none: all")] = _is([])
    starting: Annotated[bool, Meta(description="98 is good; every patron and item is unknown")] = False
    starting_for_s: Annotated[
        float, Meta(ge=0, description="the same, and ready by itself so long after it can be reached")
    ] = 0
    says_offline: Annotated[bool, Meta(description="98 says that it is off line, all else works")] = False
    status_flags: Annotated[str, Meta(pattern="^([YN]{6})?$", description="98's six flags")] = ""
    status_timeout: Annotated[str, Meta(pattern="^([0-9]{3})?$", description="98's time-out, tenths of a second")] = ""
    error_after_deed: Annotated[bool, Meta(description="11 and 29 are done and answered as refused")] = False
    yes_without_deed: Annotated[bool, Meta(description="11 and 29 are answered yes and not done")] = False
    lose_memory: Annotated[bool, Meta(description="restarts at once without the loans it had made")] = False
    refuse_items: Annotated[list[str], Meta(description="11 and 29 for these items are refused")] = _is([])
    # logging in
    login_refused: Annotated[bool, Meta(description="940")] = False
    no_login: Annotated[bool, Meta(description="93 is unknown and closes; all else works without it")] = False
    seats: Annotated[int, Meta(ge=0, description="940 when that many others are logged in; 0: no limit")] = 0
    seat_lingers_s: Annotated[
        float, Meta(ge=0, description="the seat of a line that ended is free so long afterwards")
    ] = 0
    login_required: Annotated[bool, Meta(description="anything before a good 93 ends the line")] = False
    login_tries: Annotated[int, Meta(ge=0, description="so many 940s, then the line ends; 0: the server's way")] = 0
    telnet_prompt: Annotated[bool, Meta(description="asks for login: and password: before SIP2 begins")] = False
    # what it reads
    after_cr: Annotated[
        Literal["", "skipped", "kept"], Meta(description="an LF after CR; kept: it begins the next message")
    ] = ""
    needs_crlf: Annotated[bool, Meta(description="a message that CR alone ends is never answered")] = False
    needs_one_segment: Annotated[bool, Meta(description="a message that comes in pieces ends the line")] = False
    unsupported: Annotated[list[str], Meta(description="BX says N for these messages; it does not know them")] = _is([])
    checks_institution: Annotated[bool, Meta(description="never answers a message with another AO")] = False
    refused_fields: Annotated[list[str], Meta(description="never answers a message that has one of these")] = _is([])
    missing_field: Annotated[
        Literal["", "answered", "close", "96"], Meta(description="a required field that is not there")
    ] = ""
    cut_request: Annotated[Literal["", "answered", "close"], Meta(description="a request that ends too early")] = ""
    blank_nb_due_date: Annotated[Literal["", "answered", "close"], Meta(description="18 blanks as nb due date")] = ""
    repeat_from_memory: Annotated[
        bool, Meta(description="the same line again gets the same answer; nothing is done")
    ] = False
    resend: Annotated[
        Literal["", "connection", "worker"],
        Meta(description="97 is answered with this line's last answer, or with anybody's"),
    ] = ""
    resend_sequence: Annotated[Literal["", "none", "zero"], Meta(description="AY of the answer to 97")] = ""
    # how it lends
    no_block: Annotated[
        Literal["", "ignored", "forced", "obeyed"],
        Meta(description="forced: with a real nb due date, yes whatever happens; obeyed: blocks are skipped"),
    ] = ""
    transaction_date: Annotated[
        Literal["", "ignored", "honoured"], Meta(description="of 11; honoured: the loan counts from it")
    ] = ""
    return_date: Annotated[
        Literal["", "ignored", "second", "day"], Meta(description="of 09; how finely it is honoured")
    ] = ""
    second_checkout: Annotated[
        Literal["", "renews", "by_policy", "refused"],
        Meta(description="to the same patron; by_policy: refused with renewal policy N"),
    ] = ""
    already_flag: Annotated[Literal["", "Y", "N"], Meta(description="renewal ok of that refusal")] = ""
    returned_when_not_on_loan: Annotated[bool, Meta(description="10 is ok for an item that was not on loan")] = False
    unknown_checkin: Annotated[Literal["", "refused", "close"], Meta(description="09 with an unknown item")] = ""
    checkin_alert: Annotated[
        str, Meta(pattern="^([0-9]{2})?$", description="10 has alert Y and this CV, though it is ok")
    ] = ""
    on_loan_status: Annotated[
        Literal["", "04", "05", "07", "11"], Meta(description="18's circulation status of an item on loan")
    ] = ""
    shelf_status: Annotated[
        Literal["", "03", "06", "09", "10"], Meta(description="18's circulation status of one that is not")
    ] = ""
    due_unknown: Annotated[bool, Meta(description="18 tells no due date")] = False
    list_at_most: Annotated[int, Meta(ge=-1, description="64 lists so many items; -1: all")] = -1
    charged_items_repeated: Annotated[bool, Meta(description="AU has an item twice more for each renewal")] = False
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
    missing_fields: Annotated[list[str], Meta(description="left out of its answers")] = _is([])
    empty_fields: Annotated[list[str], Meta(description="empty in its answers")] = _is([])
    missing_in: Annotated[
        list[str], Meta(description="missing_fields and empty_fields are about these answers only; none: all")
    ] = _is([])
    blank_counts: Annotated[bool, Meta(description="64's counts are four blanks")] = False
    language: Annotated[str, Meta(pattern="^([0-9]{3})?$", description="in 24, 26 and 64, whatever was asked")] = ""
    bar_in_value: Annotated[Literal["", "blank", "entity"], Meta(description="what a | inside a value becomes")] = ""
    fields_last: Annotated[list[str], Meta(description="answers of these numbers have AO at the end")] = _is([])
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
