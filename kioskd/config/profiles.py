"""What is known of library systems' ways, as data: defaults of `[ils]` that a key of the file still overrides.

A row differs from `generic` only where a source says so; what is merely told stays as it is everywhere else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Profile:
    """`defaults`: keys of `[ils]`. `known`: what somebody who sets up a station should know of this system."""

    known: str
    defaults: Mapping[str, bool | str] = field(default_factory=dict)


PROFILES: Final[Mapping[str, Profile]] = {
    "generic": Profile("SIP2 2.00 as written, and tolerant of what other servers make of it"),
    "symphony": Profile("nothing differs that is proven; an uploaded loan starts when it is uploaded"),
    "koha": Profile(
        "answers end in CRLF, which is read anyway; encodes per account: `encoding` must be that account's; obeys "
        "no-block only with a due date, and then takes the item from whoever has it and says yes whatever happened",
        {"no_block_forces": True},
    ),
    "evergreen": Profile("ignores no-block; a second checkout by the same patron is refused or renews"),
    # Source: README of FOLIO's edge-sip2, *charset* (default IBM850) and *messageDelimiter* (default \r).
    "folio": Profile(
        "`charset` of its gateway is IBM850 unless its tenant file says else; CP is the service point's UUID, so "
        "`location_code` must be set",
        {"encoding": "cp850"},
    ),
    "polaris": Profile("nothing differs that is proven"),
    # Told by several integrators, seen by none of us; a server that wants CR skips the LF or closes at once.
    "sierra": Profile("wants CRLF, it is told; set `terminator` if yours does not", {"terminator": "crlf"}),
}
