"""The station's aims, each a limit worked out from figures of the same run."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from tests.bench.figures import Figure

Figures = Mapping[str, Figure]

AT_MOST: Mapping[str, tuple[str, Callable[[Figures], float]]] = {
    "scan_to_screen_ms": ("1.3 × sync_ms + 1 ms", lambda f: 1.3 * f["sync_ms"]["median"] + 1.0),
    "start_ms": ("400 ms and 2 × python_start_ms", lambda f: min(400.0, 2 * f["python_start_ms"]["median"])),
    "first_paint_ms": ("200 ms", lambda _: 200.0),
    "rss_mib": ("48 MiB", lambda _: 48.0),
    "idle_wakeups_per_s": ("1 a second", lambda _: 1.0),
    "flushes_per_entry": ("1 flush", lambda _: 1.0),
}
AT_LEAST: Mapping[str, tuple[str, Callable[[Figures], float]]] = {
    "upload_per_s": ("85 % of sip2_echo_per_s", lambda f: 0.85 * f["sip2_echo_per_s"]["median"])
}
ADD_OVER_SYNC_MS = 0.15


@dataclass(frozen=True)
class Judged:
    """A figure beside its aim."""

    name: str
    reached: bool
    value: float
    words: str
    bound: float


def judged(figures: Figures) -> Iterator[Judged]:
    """Yield each figure that has an aim."""
    for name, (words, limit) in (AT_MOST | AT_LEAST).items():
        if name in figures:
            value, bound = figures[name]["median"], limit(figures)
            yield Judged(name, value >= bound if name in AT_LEAST else value <= bound, value, words, bound)
    for name in figures:
        if name.startswith("journal_add_ms_at_"):
            value, bound = figures[name]["median"], figures["raw_sync_ms"]["median"] + ADD_OVER_SYNC_MS
            yield Judged(name, value <= bound, value, "one raw sync + 0.15 ms", bound)
