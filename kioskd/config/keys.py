"""Every key: what it may be and what it means. Its default stands in `kioskd.model.settings`.

Checks, problems, the environment's variables and docs/CONFIG.md are all drawn from this table.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from kioskd.config import kinds
from kioskd.config.kinds import FLAG, PORT, SECONDS, Kind, Number, Whole, member_of, one_of
from kioskd.config.profiles import PROFILES
from kioskd.model import settings as s
from kioskd.model.downtime import ProbeKind

LOGIN_USER: Final = "kiosk"
LOGIN_PASSWORD_FILE: Final = Path("/etc/kioskd/ils-password")


@dataclass(frozen=True, slots=True)
class Key:
    """One row. `default`: what is told where the default depends on something, or is not the settings' own."""

    kind: Kind
    means: str
    unit: str = ""
    default: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A table of the file, or with `many` a list of tables; `settings` is what its values become.

    Without `settings` they are fields of `Settings` itself, `prefix` before their names.
    """

    title: str
    keys: Mapping[str, Key]
    settings: type[Any] | None = None
    many: bool = False
    prefix: str = ""

    def default(self, key: str) -> Any:  # noqa: ANN401 - as many types as keys
        """Return a key's default, or MISSING where there is none that stands alone."""
        if (self.settings, key) == (s.IlsSettings, "login_user"):
            return LOGIN_USER
        if (self.settings, key) == (s.IlsSettings, "login_password_file"):
            return LOGIN_PASSWORD_FILE
        if (self.settings, key) in ((s.IlsSettings, "upload_login_password_file"), (s.DoorSettings, "password_file")):
            return None
        if self.settings is None:
            return {each.name: each.default for each in fields(s.Settings)}[f"{self.prefix}_{key}"]
        return {each.name: each.default for each in fields(self.settings)}[key]


SECTIONS: Final[Mapping[str, Section]] = {
    "station": Section(
        "This station.",
        {
            "id": Key(
                kinds.STATION_ID, "its name on paper, in exports and in logs", default="the host's name, made to fit"
            ),
            "library": Key(kinds.LABEL, "the library it stands in; shown, and in exports"),
            "kind": Key(member_of(s.StationKind), "`staff`: a staff station asks less and shows more"),
            "state_dir": Key(kinds.PATH, "the journal lives here; created 0700"),
            "timezone": Key(kinds.TIMEZONE, "local time of slips, screens and SIP2 dates"),
            "languages": Key(kinds.LANGUAGE_LIST, "what the screen offers; the first one at idle"),
            "gates": Key(FLAG, "true: offline loans ring the gate, so screen and slip say so"),
        },
        s.StationSettings,
    ),
    "socket": Section(
        "The local socket ([PROTOCOL.md](PROTOCOL.md)). The daemon's own user and root are technicians.",
        {
            "path": Key(kinds.PATH, "where it listens; mode 0660"),
            "screen_users": Key(kinds.USERS, "who may do what a screen does"),
            "staff_users": Key(kinds.USERS, "who may also do what staff does"),
            "technician_users": Key(kinds.USERS, "who may do everything"),
        },
        s.SocketSettings,
    ),
    "staff": Section(
        "Staff's codes at the station.",
        {
            "codes_file": Key(
                kinds.PATH_OR_NONE,
                "a line a code, initials and salted hash; made by `kioskctl staff add`; none: no codes",
            ),
            "unlock_minutes": Key(Number(0, 1440, above=True), "how long a code unlocks a self station", "minutes"),
            "idle_lock_minutes": Key(
                Number(0, 1440, above=True), "a staff station locks after that long without use", "minutes"
            ),
        },
        s.StaffSettings,
    ),
    "ils": Section(
        "The library system.",
        {
            "protocol": Key(one_of("sip2"), "what it is spoken to in"),
            "profile": Key(one_of(*PROFILES), "what is known of its ways; sets other defaults, see *Profiles*"),
            "host": Key(kinds.HOST, "its SIP2 server", default="none: this key must be set"),
            "port": Key(PORT, "its SIP2 server's TCP port"),
            "login_user": Key(kinds.WIRE_TEXT, "CN of the login (93); empty: no 93 is sent"),
            "login_password_file": Key(
                kinds.SECRET_PATH, "its one line is CO of the login; a credential `ils-password` goes before it"
            ),
            "upload_login_user": Key(kinds.WIRE_TEXT, "another identity for uploads; empty: the same"),
            "upload_login_password_file": Key(
                kinds.SECRET_PATH,
                "its password; a credential `ils-upload-password` goes before it",
            ),
            "upload_port": Key(Whole(0, 65535), "another port for uploads; 0: the same"),
            "institution_id": Key(kinds.WIRE_TEXT, "AO of every message"),
            "location_code": Key(kinds.WIRE_TEXT, "CP of the login, AP of a check-in"),
            "error_detection": Key(FLAG, "send AY (sequence) and AZ (checksum)"),
            "timeout_s": Key(Number(0, 120, above=True), "after that long without an answer a line is closed", "s"),
            "poll_online_s": Key(SECONDS, "a 99 after that much silence", "s"),
            "poll_offline_s": Key(SECONDS, "between attempts while it is down", "s"),
            "poll_return_s": Key(SECONDS, "between polls from the first good answer on", "s"),
            "answers_to_return": Key(
                Whole(1, 100), "good answers in a row before it is called online again; at start one suffices"
            ),
            "probe_patron": Key(
                kinds.CARD,
                "a card whose lookup shows that circulation answers; empty: the oldest unsent entry is looked up",
            ),
            "no_block": Key(FLAG, "uploads carry the no-block flag; what that does differs by system"),
            "no_block_due": Key(
                member_of(s.NoBlockDue),
                "whose due date goes with it: `staff`: staff's, and where they gave none no-block is not sent; "
                "`bookmark`: where they gave none, the bookmark's (`offline.bookmark_days`)",
            ),
            "no_block_forces": Key(
                FLAG,
                "no-block takes an item from whoever has it, and a yes to it proves nothing: it is looked up "
                "before and after",
            ),
            "min_renew_days": Key(
                Whole(0, 3650),
                "a renewal recorded here counts as done already where the item is due so long after it; as long as the "
                "library's longest renewal, or renewals are left out; 0: each is sent",
                "days",
            ),
            "connections": Key(Whole(1, 16), "connections for uploads; SIP2 seats are often licensed"),
            "upload_spread_s": Key(
                Number(0, 3600), "an upload starts after a random wait up to this, so that stations take turns", "s"
            ),
            "upload_per_s": Key(Number(0, 1000), "entries a second at most; 0: as the system bears it", "1/s"),
            "quiet_hours": Key(
                kinds.QUIET_HOURS, "local times of the nightly halt, which is no outage to report; may cross midnight"
            ),
            "checkin": Key(FLAG, "staff may check in here while online"),
            "trust_flags": Key(
                FLAG,
                "refuse what 98 says is not ok (beyond *online*): check-in is done elsewhere, without checkout the "
                "station is offline; some servers always say N",
            ),
            "terminator": Key(member_of(s.Terminator), "what ends a message of ours; reading accepts all"),
            "encoding": Key(kinds.ENCODING, "how text is spelled on the line"),
            "verify_checksum": Key(FLAG, "ask again (97) if an answer's checksum is wrong; some servers send AZ0000"),
            "ask_pin": Key(FLAG, "ask patrons for their PIN while online; never offline, never in uploads"),
        },
        s.IlsSettings,
    ),
    "barcodes": Section(
        "What is a card, what is an item: by pattern, never by order. `KIOSK` and two digits are command barcodes.",
        {
            "patron": Key(kinds.PATTERNS, "cards; each pattern speaks of the whole code, with or without `^` and `$`"),
            "item": Key(kinds.PATTERNS, "items"),
            "extract": Key(kinds.EXTRACTS, "finds the number in what phone cards and 2D codes hold"),
            "check_digit": Key(member_of(s.CheckDigit), "what a wrong Luhn digit of a 14-digit number does"),
            "repeat_s": Key(
                Number(0, 60), "a scanner's last code again within this, no other code between, is one scan", "s"
            ),
            "typed_twice": Key(FLAG, "a typed card without a valid check digit is typed twice, or confirmed by staff"),
            "not_for_loan": Key(kinds.NOT_FOR_LOAN, "items that while offline staff alone lend"),
        },
        s.BarcodeSettings,
    ),
    "offline": Section(
        "While the library system is down.",
        {
            "max_items": Key(Whole(0, 1000), "items a patron session; 0: no limit"),
            "bookmark_days": Key(
                kinds.DAYS,
                "loan days of the due date bookmark; 0 or none: no bookmark; patrons get the shortest",
                "days",
            ),
            "closed_weekdays": Key(kinds.WEEKDAYS, "a bookmark's date rolls over these"),
            "closed_dates": Key(kinds.DATES, "and over these"),
            "block_list": Key(kinds.PATH_OR_NONE, "a line a card: its number, or number, blank and L, E, B or D"),
            "block_list_days": Key(Whole(1, 3650), "older: a warning, never a stop", "days"),
        },
        s.OfflineSettings,
    ),
    "session": Section(
        "A patron at the station.",
        {
            "idle_s": Key(SECONDS, "without input until the screen asks whether anybody is there", "s"),
            "warning_s": Key(SECONDS, "how long it asks; accessibility (WCAG 2.2.1) wants 20 at least", "s"),
            "confirm_after_s": Key(SECONDS, "self stations: after that long a new item asks *still card …1234?*", "s"),
        },
        s.SessionSettings,
    ),
    "journal": Section(
        "The durable record.",
        {
            "keep_settled_days": Key(
                Number(0, 3650), "personal data of settled entries; 0: until the session ends", "days"
            ),
        },
        s.JournalSettings,
    ),
    "door": Section(
        "The library system's own way for what happened offline, by `ils.profile`; see [ILS.md](ILS.md#doors).",
        {
            "url": Key(
                kinds.DOOR_URL,
                "koha, evergreen: the staff side; symphony: with the web application's name; empty: uploads go by SIP2",
            ),
            "user": Key(kinds.LABEL, "who uploads there"),
            "password_file": Key(kinds.SECRET_PATH, "their password; a credential `door-password` goes before it"),
            "branch": Key(
                kinds.LABEL,
                "koha: the branch's code; evergreen: the number of the org unit; symphony: the library's policy",
            ),
            "workstation": Key(
                kinds.LABEL, "evergreen: a registered workstation of that org unit, of this station's own"
            ),
            "client_id": Key(kinds.LABEL, "symphony: the client id that it knows us by"),
            "ca_file": Key(kinds.PATH_OR_NONE, "whose certificates are trusted; empty: the system's"),
            "timeout_s": Key(
                Number(0, 3600, above=True),
                "after that long without an answer it counts as lost, and is looked up",
                "s",
            ),
        },
        s.DoorSettings,
    ),
    "rescue": Section(
        "Archives of unsent entries, for the day on which there is no other way up ([OPERATIONS.md](OPERATIONS.md)).",
        {
            "recipient": Key(
                kinds.RECIPIENT, "the public key that they are sealed to, the same at all stations of the library"
            ),
            "key_file": Key(
                kinds.PATH_OR_NONE,
                "its private half, 0600, at the one station that takes archives in; empty: `rescue import --key`",
            ),
        },
        s.RescueSettings,
    ),
    "registration": Section(
        "The form for new patrons.",
        {
            "libraries": Key(kinds.TEXTS, "the libraries that it offers; none: any text"),
            "languages": Key(kinds.TEXTS, "the languages that it offers; none: any text"),
            "profiles": Key(kinds.TEXTS, "the user profiles that it offers; none: any text"),
            "categories": Key(
                kinds.CATEGORIES,
                "each value that a user category may have; the form has a field for each category that is named here",
            ),
            "ticks": Key(
                kinds.TICKS, "what staff must tick; `guardian_signed` only for patrons younger than `minor_age`"
            ),
            "minor_age": Key(Whole(0, 30), "from this age on nobody has to sign for a patron", "years"),
        },
        s.RegistrationSettings,
    ),
    "library": Section(
        "The library.",
        {
            "contact": Key(
                kinds.SENTENCE, "where whoever wants something else turns to later; stands with each refusal"
            ),
            "opens": Key(kinds.TIME, "when it opens; an hour before, what waits is sent once more"),
        },
        s.LibrarySettings,
    ),
    "crates": Section(
        "Crates of returned items, which are not checked in during an outage.",
        {
            "destination": Key(kinds.LABEL, "where they go when there is no room left"),
            "mail_to": Key(kinds.MAIL_ADDRESSES, "who is written to about them"),
        },
        s.CratesSettings,
    ),
    "related": Section(
        "A `[[related]]` for each system beside the library system: a row of the downtime board.",
        {
            "name": Key(kinds.LABEL, "what staff call it", default="none: this key must be set"),
            "probe": Key(member_of(ProbeKind), "how it is looked at, in an outage and some time after"),
            "address": Key(kinds.SENTENCE, "`host:port` for `tcp`, an address with http:// or https:// for `http`"),
            "up": Key(kinds.SENTENCE, "what staff do while it answers"),
            "down": Key(kinds.SENTENCE, "what they do while it does not, or where it is not looked at"),
        },
        s.RelatedSettings,
        many=True,
    ),
    "scanner": Section(
        "A `[[scanner]]` for each; none, and the daemon finds them by itself.",
        {
            "name": Key(kinds.STATION_ID, "its name in status and logs", default="`scanner-1`, `scanner-2`, …"),
            "driver": Key(
                kinds.driver(s.ScannerDriver),
                "how it is read; other packages' drivers: [DRIVERS.md](DRIVERS.md)",
                default="`serial` with a port, `hidraw` with a device /dev/hidraw…, else `evdev`",
            ),
            "port": Key(kinds.DEVICE, "serial: its tty, a pty included"),
            "device": Key(kinds.DEVICE, "evdev, hidraw: its device; one without is found"),
            "baud": Key(kinds.BAUD, "serial: its speed", "bit/s"),
            "bits": Key(Whole(7, 8), "serial: bits a character"),
            "parity": Key(one_of(*kinds.PARITIES), "serial"),
            "stop_bits": Key(Whole(1, 2), "serial"),
            "flow": Key(one_of(*kinds.FLOWS), "serial: how one side holds the other off"),
            "layout": Key(one_of(*kinds.LAYOUTS), "evdev: the keyboard that the scanner is set to, not the desktop's"),
            "terminator": Key(
                kinds.TERMINATOR,
                "what ends a code: "
                + "; ".join(f"{name}: {', '.join(names)}" for name, names in kinds.TERMINATORS.items())
                + ". `none`: the suffix, and without one the pause after the code, which then must match `[barcodes]`",
            ),
            "prefix": Key(kinds.AFFIX, "what the scanner puts before a code; taken off where it stands"),
            "suffix": Key(kinds.AFFIX, "what it puts after a code, before the terminator; taken off where it stands"),
            "encoding": Key(kinds.ENCODING, "serial, hidraw: how text is spelled"),
            "character_gap_s": Key(
                Number(0, 10),
                "a code whose next character takes longer is lost; 0: 0.5 (serial 1), and 0.1 where the pause ends it",
                "s",
            ),
            "accepted": Key(kinds.SIGNAL, "what lets the scanner tell that a code was taken", default="none"),
            "refused": Key(
                kinds.SIGNAL, "and that it was refused", default="hidraw: `error_beep` where it has one, else none"
            ),
            "options": Key(kinds.OPTIONS, "another package's driver: its own settings", default="none"),
        },
        s.ScannerSettings,
        many=True,
    ),
    "printer": Section(
        "The receipt printer; without this section the daemon finds it by itself.",
        {
            "driver": Key(
                kinds.driver(s.PrinterDriver),
                "how it is written to; `none`: there is none",
                default="`network` with a url, `serial` with a port, else `usblp`",
            ),
            "url": Key(kinds.URL, "network: its raw port"),
            "device": Key(
                kinds.PRINTER_DEVICE,
                "usblp: its device; usb: its numbers, with its serial number where there are two; empty: it is found",
            ),
            "port": Key(kinds.DEVICE, "serial: its tty"),
            "baud": Key(kinds.BAUD, "serial: its speed", "bit/s"),
            "flow": Key(member_of(s.FlowControl), "serial: how it holds the station off while its buffer is full"),
            "profile": Key(
                one_of("auto", *kinds.PRINTER_PROFILES),
                "which family it belongs to ([PRINTERS.md](PRINTERS.md)); `auto`: as it says by USB, else `generic`",
            ),
            "columns": Key(Whole(16, 96), "characters a line", default="the profile's"),
            "codepage": Key(
                one_of(*kinds.CODEPAGES),
                "the character table that text is tried in first; other letters are drawn",
                default="the profile's",
            ),
            "options": Key(kinds.OPTIONS, "another package's driver: its own settings", default="none"),
        },
        s.PrinterSettings,
    ),
    "rfid": Section("RFID pads come later.", {"driver": Key(one_of("none"), "which pad")}, prefix="rfid"),
    "helpdesk": Section(
        "Whom staff calls.",
        {"phone": Key(kinds.LABEL, "shown when the library system is down")},
        prefix="helpdesk",
    ),
}


def heading(name: str) -> str:
    """Return how a section begins in the file."""
    return f"[[{name}]]" if name in SECTIONS and SECTIONS[name].many else f"[{name}]"
