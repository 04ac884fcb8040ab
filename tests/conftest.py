"""For all tests: how long an example takes says how busy the machine is, and nothing about the code.

A shell without job control starts what runs in its background deaf to Ctrl-C, and all of its children; the tests
press it.
"""

import signal

from hypothesis import HealthCheck, settings

settings.register_profile("kioskd", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("kioskd")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
