"""Rising numbers as a person reads them: `1-57,60`."""

from collections.abc import Sequence


def spans(numbers: Sequence[int]) -> str:
    """Return rising numbers as `1-57,60`."""
    found: list[list[int]] = []
    for number in numbers:
        if found and found[-1][-1] == number - 1:
            found[-1][1:] = [number]
        else:
            found.append([number])
    return ",".join("-".join(map(str, span)) for span in found)


def numbers_of(spans_: str, count: int) -> list[int]:
    """Return the `count` numbers that `spans` wrote. Raises ValueError, before spans that lie cost any memory."""
    if not spans_ and not count:
        return []
    ends = [(int(first), int(last or first)) for first, _, last in (each.partition("-") for each in spans_.split(","))]
    if any(last < first for first, last in ends) or sum(last - first + 1 for first, last in ends) != count:
        raise ValueError(spans_)
    return [number for first, last in ends for number in range(first, last + 1)]
