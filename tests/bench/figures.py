"""A figure: median, 99th percentile, unit, and how many were measured."""

import statistics
from collections.abc import Sequence
from typing import Any

Figure = dict[str, Any]


def of(values: Sequence[float], unit: str) -> Figure:
    """Return the figure of many measurements."""
    ordered = sorted(values)
    p99 = ordered[min(len(ordered) - 1, round(len(ordered) * 0.99))]
    return {"median": round(statistics.median(ordered), 4), "p99": round(p99, 4), "unit": unit, "n": len(ordered)}


def single(value: float, unit: str, n: int) -> Figure:
    """Return a figure that is one number over `n` things."""
    return {"median": round(value, 4), "unit": unit, "n": n}
