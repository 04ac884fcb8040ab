"""The registration form: which fields there are, what each may hold, and which of them is wrong and why.

Source of the fields: the downtime procedure of a county library (Symphony): names as the patron goes by, library, birth
date MM/DD/YYYY, language required, user categories 9 to 11 and LOS left empty, another name on the ID kept as ALT_NAMES
in the order first middle last. A PIN and the phone for text notices are never taken: they are added after the upload.
"""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Final

from kioskd.model.calls import PatronRegister
from kioskd.model.settings import CATEGORIES_NOT_OFFERED, RegistrationSettings
from kioskd.model.written_late import dataclass
from kioskd.rules.wrong import Wrong

LONGEST: Final = 200
"""Characters in one field; an address may have as many in each of its lines."""
LINES: Final = 6
OLDEST_YEARS: Final = 120
TICKS: Final = ("paper_form_kept", "id_seen", "guardian_signed")
_DATES: Final = (
    re.compile(r"(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{4})", re.ASCII),
    re.compile(r"(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})", re.ASCII),
)
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_PHONE: Final = re.compile(r"[+0-9][0-9 ().x/-]{4,39}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Form:
    """A form that can be recorded: its fields by name, empty ones left out."""

    content: Mapping[str, str]


def filled(call: PatronRegister, settings: RegistrationSettings, today: dt.date) -> Form | Wrong:
    """Return the form with its fields cleaned, or the first field that is wrong."""
    content: dict[str, str] = {}
    for name in ("first", "middle", "last", "alt_first", "alt_middle", "alt_last", "library", "profile", "language"):
        text = " ".join(getattr(call, name).split())
        if bad := _text(name, text):
            return bad
        content[name] = text
    for name in ("last", "language"):
        if not content[name]:
            return Wrong(name, "form_needed")
    for name, allowed in (
        ("library", settings.libraries),
        ("profile", settings.profiles),
        ("language", settings.languages),
    ):
        if allowed and content[name] and content[name] not in allowed:
            return _one_of(name, allowed)
    born = _born(call.birth_date.strip(), today)
    if isinstance(born, Wrong):
        return born
    content["birth_date"] = born.isoformat()
    for each in (_categories(call, settings), _reachable(call), _ticks(call, settings, born, today)):
        if isinstance(each, Wrong):
            return each
        content |= each
    alternative = " ".join(content.pop(name) for name in ("alt_first", "alt_middle", "alt_last")).split()
    content["ALT_NAMES"] = " ".join(alternative)
    return Form({name: text for name, text in content.items() if text})


def choices(settings: RegistrationSettings) -> dict[str, list[str]]:
    """Return what fields may be chosen from, by name; an empty list lets anything stand there."""
    return {
        "library": list(settings.libraries),
        "profile": list(settings.profiles),
        "categories": list(settings.categories),
        "language": list(settings.languages),
        "ticks": list(TICKS),
    }


def twin(form: Form) -> str:
    """Return what two forms of the same person have in common: name and birth date."""
    named = " ".join(form.content.get(name, "") for name in ("first", "last")).casefold()
    return f"{named} {form.content['birth_date']}"


def _born(text: str, today: dt.date) -> dt.date | Wrong:
    wrong = Wrong("birth_date", "form_day")
    found = next((match for pattern in _DATES if (match := pattern.fullmatch(text))), None)
    if found is None:
        return wrong
    try:
        born = dt.date(int(found["y"]), int(found["m"]), int(found["d"]))
    except ValueError:
        return wrong
    if born > today:
        return Wrong("birth_date", "form_day_to_come")
    if age(born, today) > OLDEST_YEARS:
        return Wrong("birth_date", "form_day_years", {"years": str(OLDEST_YEARS)})
    return born


def age(born: dt.date, today: dt.date) -> int:
    """Return whole years; who was born on a leap day has a birthday on 1 March in other years."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _categories(call: PatronRegister, settings: RegistrationSettings) -> dict[str, str] | Wrong:
    found: dict[str, str] = {}
    for each in call.categories:
        name, equals, value = (part.strip() for part in each.partition("="))
        if not equals or not name or not value or f"category {name}" in found or _text("categories", each):
            return Wrong("categories", "form_category")
        if name.upper() in CATEGORIES_NOT_OFFERED:
            return Wrong("categories", "form_category_empty", {"name": name})
        if settings.categories and f"{name}={value}" not in settings.categories:
            return _one_of("categories", settings.categories)
        found[f"category {name}"] = value
    return found


def _reachable(call: PatronRegister) -> dict[str, str] | Wrong:
    lines = [" ".join(line.split()) for line in call.address.splitlines() if line.strip()]
    if len(lines) > LINES or any(_text("address", line) for line in lines):
        return Wrong("address", "form_address", {"lines": str(LINES), "most": str(LONGEST)})
    email, phone = call.email.strip(), call.phone.strip()
    if email and (not _EMAIL.fullmatch(email) or len(email) > LONGEST):
        return Wrong("email", "form_email")
    if phone and not _PHONE.fullmatch(phone):
        return Wrong("phone", "form_phone")
    return {"address": "\n".join(lines), "email": email, "phone": phone}


def _ticks(
    call: PatronRegister, settings: RegistrationSettings, born: dt.date, today: dt.date
) -> dict[str, str] | Wrong:
    unknown = [tick for tick in call.ticks if tick not in TICKS]
    if unknown:
        return _one_of("ticks", TICKS)
    for tick in settings.ticks:
        if tick == "guardian_signed" and age(born, today) >= settings.minor_age:
            continue
        if tick not in call.ticks:
            return Wrong("ticks", "form_tick", labels={"tick": f"tick_{tick}"})
    return {"ticks": " ".join(tick for tick in TICKS if tick in call.ticks)}


def _text(name: str, text: str) -> Wrong | None:
    if len(text) > LONGEST:
        return Wrong(name, "form_longest", {"most": str(LONGEST)})
    return None if text.isprintable() else Wrong(name, "form_signs")


def _one_of(name: str, allowed: Sequence[str]) -> Wrong:
    return Wrong(name, "form_one_of", {"allowed": ", ".join(allowed)})
