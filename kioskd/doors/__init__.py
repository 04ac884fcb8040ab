"""The library system's own doors for what happened while it was away: beside SIP2, over HTTP.

`kioskd.model.door` says which questions go through which door; here they are asked, and answered as SIP2 would.
"""
