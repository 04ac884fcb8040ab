"""A library system that speaks SIP2 over TCP, with a world behind it and a ledger of what truly happened.

The way of a request: `system` (listener) → `line` (bytes, connections, latency; `admission` is what comes before
SIP2) → `wire` (lines to requests) → `desk` (which message asks what) → `world` (patrons, items, loans, by the rows
of `policy`; every deed goes into `ledger`) → `desk` (the answer) → `disguise` (how this server, or this fault,
writes it) → `line`. `personality` holds what servers of the field do differently, as data; `faults` the switches
that a test or a person at the bench may set, among them one for each of those ways; `doings` is what everybody else
does meanwhile; `logins` counts seats.

Not simulated: money (37 is accepted and forgotten), hold queues (an item is held for one patron or nobody), branches
and transit beyond a status, item and patron changes by SIP2 (19, 25, 01 change nothing but a block), TLS, SIP2 over
serial lines, more than one currency or language, opening hours and closed days in due dates.
"""
