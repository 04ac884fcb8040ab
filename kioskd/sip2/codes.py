"""Message numbers and the coded values inside messages. Source: the public 2.00 document and its extensions."""

from enum import IntEnum, StrEnum


class Code(StrEnum):
    """The two characters a line begins with."""

    BLOCK_PATRON = "01"
    CHECKIN = "09"
    CHECKIN_ANSWER = "10"
    CHECKOUT = "11"
    CHECKOUT_ANSWER = "12"
    HOLD = "15"
    HOLD_ANSWER = "16"
    ITEM_INFORMATION = "17"
    ITEM_INFORMATION_ANSWER = "18"
    ITEM_STATUS_UPDATE = "19"
    ITEM_STATUS_UPDATE_ANSWER = "20"
    PATRON_STATUS = "23"
    PATRON_STATUS_ANSWER = "24"
    PATRON_ENABLE = "25"
    PATRON_ENABLE_ANSWER = "26"
    RENEW = "29"
    RENEW_ANSWER = "30"
    END_PATRON_SESSION = "35"
    END_SESSION_ANSWER = "36"
    FEE_PAID = "37"
    FEE_PAID_ANSWER = "38"
    PATRON_INFORMATION = "63"
    PATRON_INFORMATION_ANSWER = "64"
    RENEW_ALL = "65"
    RENEW_ALL_ANSWER = "66"
    LOGIN = "93"
    LOGIN_ANSWER = "94"
    REQUEST_SC_RESEND = "96"
    REQUEST_ACS_RESEND = "97"
    ACS_STATUS = "98"
    SC_STATUS = "99"


class ScState(StrEnum):
    """99's status code: how the station is."""

    OK = "0"
    OUT_OF_PAPER = "1"
    SHUTTING_DOWN = "2"


class Summary(IntEnum):
    """63's summary: the one list that is asked for, by its position."""

    HOLD = 0
    OVERDUE = 1
    CHARGED = 2
    FINE = 3
    RECALL = 4
    UNAVAILABLE_HOLD = 5


class PatronBlock(StrEnum):
    """Patron status of 24, 26 and 64: in the order of its 14 positions."""

    CHARGE_DENIED = "charge_denied"
    RENEWAL_DENIED = "renewal_denied"
    RECALL_DENIED = "recall_denied"
    HOLD_DENIED = "hold_denied"
    CARD_LOST = "card_lost"
    TOO_MANY_CHARGED = "too_many_charged"
    TOO_MANY_OVERDUE = "too_many_overdue"
    TOO_MANY_RENEWALS = "too_many_renewals"
    TOO_MANY_CLAIMS_RETURNED = "too_many_claims_returned"
    TOO_MANY_LOST = "too_many_lost"
    EXCESSIVE_FINES = "excessive_fines"
    EXCESSIVE_FEES = "excessive_fees"
    RECALL_OVERDUE = "recall_overdue"
    TOO_MANY_BILLED = "too_many_billed"


class CirculationStatus(StrEnum):
    """18's circulation status."""

    OTHER = "01"
    ON_ORDER = "02"
    AVAILABLE = "03"
    CHARGED = "04"
    CHARGED_UNTIL_RECALL = "05"
    IN_PROCESS = "06"
    RECALLED = "07"
    HOLD_SHELF = "08"
    TO_BE_RESHELVED = "09"
    IN_TRANSIT = "10"
    CLAIMED_RETURNED = "11"
    LOST = "12"
    MISSING = "13"


class SecurityMarker(StrEnum):
    """18's security marker."""

    OTHER = "00"
    NONE = "01"
    TATTLE_TAPE = "02"
    WHISPER_TAPE = "03"


class Alert(StrEnum):
    """10's CV, an extension: why staff should look at a returned item. It does not mean that the return failed."""

    UNKNOWN = "00"
    HOLD_HERE = "01"
    HOLD_ELSEWHERE = "02"
    INTERLIBRARY_LOAN = "03"
    OTHER_BRANCH = "04"
    PROBLEM = "98"
    OTHER = "99"
