"""SIP2 without I/O: bytes in, messages out, and back. No socket, no clock, nothing of ours but this folder.

The way of a question is `requests` → `encode` → bytes; that of an answer is bytes → `frame` → `decode` → `answers`.
`layouts` is the table both follow, `exchange` pairs the two on one connection, `masked` is for whoever looks on.
"""
