"""Command barcodes: Code 128 `KIOSK` and two digits. Cards get printed, so a number is never reused."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from kioskd.model.written_late import dataclass

COMMAND: Final = re.compile(r"KIOSK(\d\d)", re.IGNORECASE)


class Command(StrEnum):
    """What a command barcode does."""

    YES = "yes"
    NO = "no"
    FINISH = "finish"
    FINISH_RECEIPT = "finish_receipt"
    FINISH_BOOKMARK = "finish_bookmark"
    FINISH_BOTH = "finish_both"
    CANCEL = "cancel"
    MORE_TIME = "more_time"
    NEXT_PATRON = "next_patron"
    CHECKOUT = "checkout"
    RENEW = "renew"
    ITEMS = "items"
    HELP = "help"
    WITHDRAW_LAST = "withdraw_last"
    LOANS = "loans"
    RENEW_ALL = "renew_all"
    GO_OFFLINE = "go_offline"
    GO_AUTO = "go_auto"
    LOCK = "lock"
    DUE_7 = "due_7"
    DUE_14 = "due_14"
    DUE_21 = "due_21"
    DUE_28 = "due_28"
    DUE_NONE = "due_none"
    DIGIT_0 = "digit_0"
    DIGIT_1 = "digit_1"
    DIGIT_2 = "digit_2"
    DIGIT_3 = "digit_3"
    DIGIT_4 = "digit_4"
    DIGIT_5 = "digit_5"
    DIGIT_6 = "digit_6"
    DIGIT_7 = "digit_7"
    DIGIT_8 = "digit_8"
    DIGIT_9 = "digit_9"
    ENTER = "enter"
    ERASE = "erase"
    STAFF_CODE = "staff_code"
    ENGLISH = "en"
    SPANISH = "es"
    VIETNAMESE = "vi"
    RUSSIAN = "ru"
    CHINESE = "zh-Hans"


@dataclass(frozen=True, slots=True)
class CommandMeaning:
    """A row of the table in docs/PROTOCOL.md."""

    command: Command
    meaning: str


COMMANDS: Final[Mapping[str, CommandMeaning]] = {
    "01": CommandMeaning(Command.YES, "yes to what the screen asks"),
    "02": CommandMeaning(Command.NO, "no to what the screen asks"),
    "03": CommandMeaning(Command.FINISH, "finish, no paper"),
    "04": CommandMeaning(Command.FINISH_RECEIPT, "finish with a receipt"),
    "05": CommandMeaning(Command.FINISH_BOOKMARK, "finish with a due date bookmark"),
    "06": CommandMeaning(Command.FINISH_BOTH, "finish with receipt and bookmark"),
    "07": CommandMeaning(Command.CANCEL, "leave the session"),
    "08": CommandMeaning(Command.MORE_TIME, "more time"),
    "09": CommandMeaning(Command.NEXT_PATRON, "next patron"),
    "10": CommandMeaning(Command.CHECKOUT, "start a checkout"),
    "11": CommandMeaning(Command.RENEW, "start a renewal"),
    "12": CommandMeaning(Command.ITEMS, "back to the items"),
    "13": CommandMeaning(Command.HELP, "help"),
    "14": CommandMeaning(Command.WITHDRAW_LAST, "take back the last item"),
    "15": CommandMeaning(Command.LOANS, "show my loans"),
    "16": CommandMeaning(Command.RENEW_ALL, "renew all my loans"),
    "20": CommandMeaning(Command.ENGLISH, "English"),
    "21": CommandMeaning(Command.SPANISH, "español"),
    "22": CommandMeaning(Command.VIETNAMESE, "tiếng Việt"),
    "23": CommandMeaning(Command.RUSSIAN, "русский"),
    "24": CommandMeaning(Command.CHINESE, "简体中文"),
    "40": CommandMeaning(Command.GO_OFFLINE, "staff: stay offline"),
    "41": CommandMeaning(Command.GO_AUTO, "staff: offline and online by itself again"),
    "42": CommandMeaning(Command.LOCK, "staff: lock"),
    "43": CommandMeaning(Command.DUE_7, "staff: the next item is due in 7 days"),
    "44": CommandMeaning(Command.DUE_14, "staff: the next item is due in 14 days"),
    "45": CommandMeaning(Command.DUE_21, "staff: the next item is due in 21 days"),
    "46": CommandMeaning(Command.DUE_28, "staff: the next item is due in 28 days"),
    "47": CommandMeaning(Command.DUE_NONE, "staff: no alternative due date"),
    "50": CommandMeaning(Command.DIGIT_0, "the digit 0"),
    "51": CommandMeaning(Command.DIGIT_1, "the digit 1"),
    "52": CommandMeaning(Command.DIGIT_2, "the digit 2"),
    "53": CommandMeaning(Command.DIGIT_3, "the digit 3"),
    "54": CommandMeaning(Command.DIGIT_4, "the digit 4"),
    "55": CommandMeaning(Command.DIGIT_5, "the digit 5"),
    "56": CommandMeaning(Command.DIGIT_6, "the digit 6"),
    "57": CommandMeaning(Command.DIGIT_7, "the digit 7"),
    "58": CommandMeaning(Command.DIGIT_8, "the digit 8"),
    "59": CommandMeaning(Command.DIGIT_9, "the digit 9"),
    "60": CommandMeaning(Command.ENTER, "enter the digits: a number or a PIN"),
    "61": CommandMeaning(Command.ERASE, "erase the last digit"),
    "62": CommandMeaning(Command.STAFF_CODE, "a staff code follows, digit by digit, then enter"),
}
