"""What is known of servers in the field, fact by fact, and the switches that play it.

The handbook's table is made of these rows, and a station is run against each of them, one by one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Quirk:
    """One fact. `who`: servers where it was seen or read; `station`: what a station must have set to live with it."""

    fact: str
    who: str
    switches: Mapping[str, Any]
    station: Mapping[str, Any] = field(default_factory=dict)


_WRITING: Final[Sequence[Quirk]] = (
    Quirk(
        "an answer has another sequence number: it is a stale one", "the document", {"echo_wrong_sequence_once": True}
    ),
    Quirk("the previous answer comes again before each", "the document", {"stale_answer_first": True}),
    Quirk("no AY and AZ in its answers though asked", "the document", {"no_ed": True}),
    Quirk("AY without AZ", "Libki's log", {"checksum": "off"}),
    Quirk("AZ0000 on every answer", "SIPServer 2011", {"checksum": "zero"}, {"verify_checksum": False}),
    Quirk("a checksum is wrong once: 97 on the same line brings it again", "all", {"checksum": "wrong_once"}),
    Quirk("96 to a good request: it is sent again", "SIPServer, pysip2", {"96_once": True}),
    Quirk("the answer to 97 has AY0", "SIPServer", {"checksum": "wrong_once", "resend_sequence": "zero"}),
    Quirk("97 on a new line brings another line's answer", "SIPServer, Koha", {"resend": "worker"}),
    Quirk("`|` in a value becomes a blank", "plain", {"bar_in_value": "blank"}),
    Quirk("`|` in a value becomes `&#124;`", "SIPServer, Koha", {"bar_in_value": "entity"}),
    Quirk("answers end in CR LF", "Koha", {"terminator": "crlf"}),
    Quirk("answers end in CR", "SIPServer, pysip2", {"terminator": "cr"}),
    Quirk("answers end in LF", "nobody that was read", {"terminator": "lf"}),
    Quirk("two answers in one segment", "pysip2", {"two_in_one_segment": True}),
    Quirk("an answer in many segments", "any network", {"split_answers": 7}),
    Quirk("98 with unknown time-out and retries", "SIP2Mediator", {"status_timeout": "999"}),
    Quirk("98 says N to check-in and check-out while both work", "SIPServer", {"status_flags": "YNNYNN"}),
    Quirk("160 blanks before AY", "a vendor's, Libki's log", {"trailing_blanks": True}),
    Quirk("AF and AG twice", "Koha", {"af_repeated": True}),
    Quirk("AF names the other borrower", "several", {"af_names_borrower": True}),
    Quirk("fields that nobody knows", "all", {"unknown_fields": True}),
    Quirk("variable fields in any order", "the document", {"field_order": "shuffled"}),
    Quirk("variable fields backwards", "the document", {"field_order": "reversed"}),
    Quirk("AO near the end of 30 and 26", "SIPServer", {"fields_last": ["30", "26"]}),
    Quirk("no `|` after the last field", "several", {"missing_last_bar": True}),
    Quirk("lower-case flags", "several", {"lowercase_flags": True}),
    Quirk("AF, AG, AH, AJ and AQ are not there", "several", {"missing_fields": ["AF", "AG", "AH", "AJ", "AQ"]}),
    Quirk("AF, AG, AH, AJ and AQ are empty", "several", {"empty_fields": ["AF", "AG", "AH", "AJ", "AQ"]}),
    Quirk("AH is not in 12 and 30, and 18 has it", "several", {"missing_fields": ["AH"], "missing_in": ["12", "30"]}),
    Quirk("no BL", "1.00", {"missing_fields": ["BL"]}),
    Quirk("no CQ where no PIN was sent", "several", {"missing_fields": ["CQ"]}),
    Quirk("language 000 where 001 was asked", "SIPServer", {"language": "000"}),
    Quirk("counts of four blanks", "several", {"blank_counts": True}),
    Quirk("AH as 20261214    235900", "SIPServer", {"ah_format": "sip"}),
    Quirk("AH as 2026-12-14 23:59:00", "SIP2Mediator", {"ah_format": "iso"}),
    Quirk("AH as a bare date", "several", {"ah_format": "date"}),
    Quirk("AH as 12/14/2026", "Koha with format_due_date", {"ah_format": "us"}),
    Quirk("AH as 14.12.2026 23:59", "Koha with format_due_date", {"ah_format": "european"}),
    Quirk("AH in words", "a vendor's", {"ah_format": "words"}),
    Quirk("AH empty", "several", {"ah_format": "empty"}),
    Quirk("cp850", "pysip2, vendors'", {"encoding": "cp850"}, {"encoding": "cp850"}),
    Quirk("cp1252", "vendors'", {"encoding": "cp1252"}, {"encoding": "cp1252"}),
    Quirk("another encoding than the station's", "any", {"encoding": "cp850"}),
)
_READING: Final[Sequence[Quirk]] = (
    Quirk("LF after CR belongs to the next message", "pysip2", {"after_cr": "kept"}),
    Quirk("CR alone ends no message", "Alexandria, Libki #37", {"needs_crlf": True}, {"terminator": "crlf"}),
    Quirk("a message in two segments ends the line", "SirsiDynix, Libki #110", {"needs_one_segment": True}),
    Quirk("an unknown message ends the line", "SIPServer", {"unknown_message": "close"}),
    Quirk("an unknown message gets 96", "Koha", {"unknown_message": "96"}),
    Quirk("an unknown message gets nothing", "pysip2", {"unknown_message": "silent"}),
    Quirk("a request that ends too early ends the line", "pysip2", {"cut_request": "close"}),
    Quirk("18 blanks as nb due date end the line", "pysip2", {"blank_nb_due_date": "close"}),
    Quirk("a required field that is not there, even empty, ends the line", "pysip2", {"missing_field": "close"}),
    Quirk("a required field that is not there, even empty, gets 96", "php-sip2 #2", {"missing_field": "96"}),
    Quirk("another AO gets nothing", "SIP2.NET #1", {"checks_institution": True}, {"institution_id": "DEMO"}),
    Quirk("AD, BP or BQ that were not expected get nothing", "SIP2.NET #1", {"refused_fields": ["AD", "BP", "BQ"]}),
    Quirk("the same line again gets the same answer, and nothing is done", "pysip2", {"repeat_from_memory": True}),
)
_ENTERING: Final[Sequence[Quirk]] = (
    Quirk("anything before a good 93 ends the line", "SIPServer, Koha", {"login_required": True}),
    Quirk("one wrong 93 ends the line", "pysip2", {"login_tries": 1}),
    Quirk("there is no 93", "some sites", {"no_login": True}, {"login_user": ""}),
    Quirk("an idle line is closed", "SIPServer 2021", {"idle_close_s": 60.0}),
    Quirk(
        "an idle line is closed before the log-in only",
        "SIPServer 2011",
        {"idle_close_s": 60.0, "idle_close": "before_login"},
    ),
)
_LENDING: Final[Sequence[Quirk]] = (
    Quirk("no-block is ignored", "SIPServer, Evergreen, older Koha", {"no_block": "ignored"}),
    Quirk("no-block with a date: yes, whatever happened", "newer Koha", {"no_block": "forced"}),
    Quirk("no-block goes past all blocks and takes the item", "the document", {"no_block": "obeyed"}),
    Quirk("the date of a loan is ignored: it begins now", "all that were read", {"transaction_date": "ignored"}),
    Quirk("the date of a loan is honoured", "nobody that was read", {"transaction_date": "honoured"}),
    Quirk("the date of a return is honoured to the second", "Koha", {"return_date": "second"}),
    Quirk("the date of a return is honoured to the day", "Evergreen", {"return_date": "day"}),
    Quirk("a second loan to the same patron renews", "SIPServer, Koha", {"second_checkout": "renews"}),
    Quirk(
        "it is refused with renewal policy N, renewal ok Y", "Evergreen, SIP2Mediator", {"second_checkout": "by_policy"}
    ),
    Quirk(
        "it is refused, renewal ok N",
        "older SIPServer with Evergreen",
        {"second_checkout": "refused", "already_flag": "N"},
    ),
    Quirk("AU has an item again for each renewal", "SIPServer's demonstration", {"charged_items_repeated": True}),
    Quirk("AU has each item three times", "SIPServer's demonstration", {"au_duplicates": True}),
    Quirk("64 lists no items, whatever its counts say", "a vendor's", {"list_at_most": 0}),
    Quirk("18 tells no due date", "several", {"due_unknown": True}),
    Quirk("18 of an item on loan says recalled", "several", {"on_loan_status": "07"}),
    Quirk("18 of an item on the shelf says in transit", "several", {"shelf_status": "10"}),
    Quirk(
        "10 is ok for an item that was not on loan",
        "Evergreen, Koha with checked_in_ok",
        {"returned_when_not_on_loan": True},
    ),
    Quirk("10 is ok and has an alert", "Koha", {"checkin_alert": "98"}),
    Quirk("09 with an unknown item ends the line", "SIPServer's demonstration", {"unknown_checkin": "close"}),
)
QUIRKS: Final[Sequence[Quirk]] = (*_WRITING, *_READING, *_ENTERING, *_LENDING)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What a library system does in a bad hour, and the switches that play it."""

    fact: str
    switches: Mapping[str, Any]


TROUBLES: Final[Sequence[Trouble]] = (
    Trouble("it ends without a byte, at any time", {"drop_before_act": 1}),
    Trouble("it ends after the deed, before the answer", {"drop_after_act": 1}),
    Trouble("it ends at one item, each time", {"drop_on_item": ["30000000000012"]}),
    Trouble("98 is good, and the work is refused", {"half_up": "refuse"}),
    Trouble("98 is good, and the work hangs", {"half_up": "hang"}),
    Trouble("98 is good, and the work ends the line", {"half_up": "close"}),
    Trouble("98 and look-ups are good, and loans are refused", {"half_up": "refuse", "half_up_codes": ["11", "29"]}),
    Trouble("it is starting, and knows nobody and nothing", {"starting": True}),
    Trouble("it is slow", {"slow_ms": 3000.0}),
    Trouble("it is one worker for all, and they wait for each other", {"busy_ms": 20.0}),
    Trouble("it does the deed and answers with an error", {"error_after_deed": True}),
    Trouble("it answers yes and does nothing", {"yes_without_deed": True}),
    Trouble("it restarts from a backup", {"lose_memory": True, "down_for_s": 5.0, "starting_for_s": 10.0}),
    Trouble("940: a full house", {"seats": 1, "seat_lingers_s": 60.0}),
    Trouble("940: a wrong password", {"login_refused": True}),
    Trouble("a terminal's prompt comes before SIP2", {"telnet_prompt": True}),
    Trouble("98 says off line", {"says_offline": True}),
    Trouble("98 has a time-out of 0", {"status_timeout": "000"}),
    Trouble("a message that BX does not have", {"unsupported": ["63"]}),
    Trouble("an answer about somebody else", {"answers_other_once": True}),
    Trouble("bytes without end", {"flood_once": 100_000}),
)
