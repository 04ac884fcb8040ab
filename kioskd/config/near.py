"""Names that somebody may have meant."""

from collections.abc import Iterable


def meant(name: str, known: Iterable[str]) -> str:
    """Return `; did you mean NAME?`, or nothing if no known name is near."""
    import difflib  # noqa: PLC0415 - only a wrong name needs it

    by_plain = {each.lower(): each for each in known}
    near = difflib.get_close_matches(name.lower()[:100], by_plain, n=1, cutoff=0.7)
    return f"; did you mean {by_plain[near[0]]}?" if near else ""
