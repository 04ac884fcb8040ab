"""A library system that speaks SIP2 over TCP, with a world behind it and a ledger of what truly happened.

The way of a request: `server` (bytes, connections, latency) → `wire` (lines to requests) → `desk` (which message asks
what) → `world` (patrons, items, loans; every deed goes into `ledger`) → `desk` (the answer) → `disguise` (how this
server, or this fault, writes it) → `server`. `personality` holds what servers of the field do differently, as data;
`faults` the switches that a test or a person at the bench may set.

Not simulated: money (37 is accepted and forgotten), hold queues (an item is held for one patron or nobody), branches
and transit, item and patron changes by SIP2 (19, 25, 01 change nothing but a block), telnet log-ins before SIP2, TLS,
SIP2 over serial lines, more than one currency or language, circulation rules beyond profile × kind of item, time of
day and closed days in due dates, a restart that takes time.
"""
