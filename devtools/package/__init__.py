"""Makes the Debian package: one file for an architecture, for Debian 12 and 13 and Raspberry Pi OS alike.

The libraries come inside, as the locks name them, since Debian 12 has neither msgspec nor a new enough apsw. What is
compiled comes once for each Python that those systems have; all else once. So nothing is fetched, compiled or resolved
at a library, and no environment has to be made there.
"""
