"""Command barcodes: Code 128 `KIOSK` and two digits. Cards get printed, so a number is never reused."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

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
}
