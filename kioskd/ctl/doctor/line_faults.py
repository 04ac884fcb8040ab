"""Faults of the line to the library system, and the network below it (blamed only while the line is down)."""

from collections.abc import Iterable
from typing import Final

from kioskd.ctl.doctor.facts import Facts
from kioskd.ctl.doctor.fault import About, Fault, Found, Look, Weight

SLOW_MS: Final = 2500
"""From here on the station calls a line slow."""
FLAGS: Final = {
    "checkout_ok": "it says that it takes no checkouts",
    "renewal_policy": "it says that it takes no renewals",
}
"""Flags of message 98 that matter to lending, and what N means; servers often have them wrong, so they are a notice."""


def _trouble(name: str, *details: str) -> Look:
    """Return a look for this trouble of the line; with details, only where one of them stands in the detail."""

    def look(facts: Facts) -> Iterable[str]:
        if facts.trouble == name and (not details or any(each in facts.detail for each in details)):
            yield facts.detail or name

    return look


REFUSED: Final = ("refused",)
NO_ROUTE: Final = ("unreachable", "No route")


def _not_in_time(facts: Facts) -> Iterable[str]:
    if facts.trouble == "no_line" and not any(each in facts.detail for each in (*REFUSED, *NO_ROUTE)):
        yield facts.detail or "no connection"


def _slow(facts: Facts) -> Iterable[str]:
    took_ms = facts.ils.get("round_trip_ms")
    if not facts.trouble and took_ms is not None and took_ms > SLOW_MS:
        yield f"the last answer took {took_ms / 1000:.1f} s"


def _forced(facts: Facts) -> Iterable[str]:
    if facts.mode.get("forced"):
        yield f"since {facts.mode.get('since')}: {facts.mode.get('reason') or 'no reason given'}"


def _flags(facts: Facts) -> Iterable[str]:
    said = facts.ils.get("flags") or {}
    for name, meaning in FLAGS.items():
        if said.get(name) is False:
            yield f"{name} is N: {meaning}"


def _down(facts: Facts) -> bool:
    """Whether the line is down for a reason that may lie in the network, or the daemon cannot say."""
    own = facts.own_line is not None and facts.own_line != "connected"
    return facts.trouble in ("no_name", "no_line", "line_lost", "no_answer") or own or facts.away is not None


def _no_link(facts: Facts) -> Iterable[str]:
    if _down(facts) and facts.links_up is not None and not facts.links_up:
        yield "no network interface has a link"


def _no_address(facts: Facts) -> Iterable[str]:
    if _down(facts) and facts.links_up and facts.addresses is not None and not facts.addresses:
        yield f"{', '.join(sorted(facts.links_up))}: a link, and no address"


def _no_route(facts: Facts) -> Iterable[str]:
    if _down(facts) and facts.addresses and facts.route is False:
        yield "there is no default route"


def _no_name_server(facts: Facts) -> Iterable[str]:
    named = facts.ils_host and not facts.ils_host.replace(".", "").isdigit() and ":" not in facts.ils_host
    if _down(facts) and named and facts.name_servers == 0:
        yield "/etc/resolv.conf names no server"


def _no_name(facts: Facts) -> Iterable[str]:
    if facts.name_leads_to == () and facts.trouble != "no_name":
        yield f"{facts.ils_host} leads to no address"


def _own_line(facts: Facts) -> Iterable[Found]:
    if facts.own_line not in (None, "connected") and facts.trouble != "no_line":
        yield Found(f"a connection of kioskctl's own: {facts.own_line}")


def _upload_login(facts: Facts) -> Iterable[str]:
    if facts.ils.get("upload_problem"):
        yield str(facts.ils["upload_problem"])


def _door_shut(facts: Facts) -> Iterable[str]:
    if facts.own_door not in (None, "connected") and facts.door_trusted is not False:
        yield f"a connection of kioskctl's own: {facts.own_door}"


def _door_untrusted(facts: Facts) -> Iterable[str]:
    if facts.door_trusted is False:
        yield f"{facts.own_door}"


WRONG, NOTICE = Weight.WRONG, Weight.NOTICE
KEEPERS: Final = "tell the library system's keepers"

LINE_FAULTS: Final = (
    Fault(
        "ILS-01",
        About.LINE,
        WRONG,
        "the library system's name leads to no address",
        "getent hosts NAME; correct ils.host, or look to the name server",
        _trouble("no_name"),
    ),
    Fault(
        "ILS-02",
        About.LINE,
        WRONG,
        "its machine answers, and nobody listens at that port",
        "is ils.port right? is its SIP2 server started? " + KEEPERS,
        _trouble("no_line", *REFUSED),
    ),
    Fault(
        "ILS-03",
        About.LINE,
        WRONG,
        "there is no way to its machine",
        "ip route; is the cable in, is the network up?",
        _trouble("no_line", *NO_ROUTE),
    ),
    Fault(
        "ILS-04",
        About.LINE,
        WRONG,
        "its machine does not answer: off, or a firewall drops the connection",
        "is ils.host right? may this station's address pass the firewall?",
        _not_in_time,
    ),
    Fault(
        "ILS-05",
        About.LINE,
        WRONG,
        "the other side closed the line",
        "if it repeats at the first message: ils.login_user, ils.terminator, ils.encoding",
        _trouble("line_lost"),
    ),
    Fault(
        "ILS-06",
        About.LINE,
        WRONG,
        "it took the connection and does not answer: it hangs",
        KEEPERS + "; at the first message: is ils.terminator right?",
        _trouble("no_answer"),
    ),
    Fault(
        "ILS-07",
        About.LINE,
        WRONG,
        "it refuses the login: name, password, or no free seat",
        "correct ils.login_user and the password (/etc/kioskd/ils-password), then sudo systemctl restart kioskd",
        _trouble("login_refused"),
    ),
    Fault(
        "ILS-08",
        About.LINE,
        WRONG,
        "it says itself that it is off line: a nightly halt, perhaps",
        KEEPERS + "; a halt that comes each night: ils.quiet_hours",
        _trouble("says_offline"),
    ),
    Fault(
        "ILS-09",
        About.LINE,
        WRONG,
        "what comes from there is no SIP2, or its checksums are wrong",
        "is ils.port the one of SIP2? then ils.verify_checksum, ils.encoding, ils.profile",
        _trouble("garbled"),
    ),
    Fault("ILS-10", About.LINE, WRONG, "it answers, and fails at the work itself", KEEPERS, _trouble("half_up")),
    Fault(
        "ILS-11",
        About.LINE,
        WRONG,
        "it refuses one entry after the other; none is taken for an exception yet",
        "may the account of ils.login_user still lend? " + KEEPERS,
        _trouble("ils_suspect"),
    ),
    Fault("ILS-12", About.LINE, NOTICE, "its nightly halt", "nothing", _trouble("quiet_hours")),
    Fault(
        "ILS-13", About.LINE, NOTICE, "nothing was heard yet", "kioskctl doctor again in a moment", _trouble("starting")
    ),
    Fault("ILS-14", About.LINE, NOTICE, "it is slow", KEEPERS + " if it lasts", _slow),
    Fault("ILS-15", About.LINE, NOTICE, "staff hold the station offline", "kioskctl mode auto", _forced),
    Fault(
        "ILS-16",
        About.LINE,
        NOTICE,
        "a flag of its message 98 is N; no matter unless ils.trust_flags",
        KEEPERS + " if it is not meant",
        _flags,
    ),
    Fault(
        "ILS-17",
        About.LINE,
        WRONG,
        "its name leads to no address from here",
        "getent hosts NAME; correct ils.host, or look to the name server",
        _no_name,
    ),
    Fault(
        "ILS-18",
        About.LINE,
        WRONG,
        "no connection from here",
        "is ils.port right, is its server up, may this station pass the firewall?",
        _own_line,
    ),
    Fault(
        "ILS-19",
        About.LINE,
        WRONG,
        "it refuses the login of the uploads, here or at its own door; what waits goes on waiting",
        "correct ils.upload_login_user, or user of [door], and its password, then sudo systemctl restart kioskd",
        _upload_login,
    ),
    Fault(
        "ILS-20",
        About.LINE,
        WRONG,
        "no connection to the door that uploads go through",
        "is door.url right, is that server up, may this station pass the firewall?",
        _door_shut,
    ),
    Fault(
        "ILS-21",
        About.LINE,
        WRONG,
        "the door's certificate is not to be trusted: another name, another authority, or past its time",
        "is door.url the name in it? door.ca_file for an authority of the library's own; is this clock right?",
        _door_untrusted,
    ),
    Fault(
        "NET-01",
        About.NETWORK,
        WRONG,
        "the network cable is out, or the access point is away",
        "ip link; plug the cable in",
        _no_link,
    ),
    Fault(
        "NET-02",
        About.NETWORK,
        WRONG,
        "no address was given to this machine",
        "ip address; is the DHCP server up? sudo systemctl restart NetworkManager (or networking)",
        _no_address,
    ),
    Fault(
        "NET-03",
        About.NETWORK,
        WRONG,
        "this machine knows no way out of its own network",
        "ip route; correct the gateway in the network's settings",
        _no_route,
    ),
    Fault(
        "NET-04",
        About.NETWORK,
        WRONG,
        "this machine knows no name server",
        "cat /etc/resolv.conf; correct the network's settings, or write an address into ils.host",
        _no_name_server,
    ),
)
