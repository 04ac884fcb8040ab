"""On which lines the upload speaks. Line 0 is the patrons' own; seats are licensed, so there are no more than set."""

from kioskd.model.settings import IlsSettings

PATRONS_LINE = 0


def own_identity(ils: IlsSettings) -> bool:
    """Tell whether uploads have a login or a port of their own, so that they cannot use the patrons' line."""
    return bool(ils.upload_login_user) or ils.upload_port not in (0, ils.port)


def lanes(ils: IlsSettings, at_once: int = 1) -> range:
    """Return the numbers of the lines that carry uploads, or of as many entries as a door takes at once.

    Of these only the first `ils.connections` are lines of their own (`line_of`).
    """
    first = PATRONS_LINE + 1 if own_identity(ils) else PATRONS_LINE
    return range(first, first + max(ils.connections, at_once))


def line_of(ils: IlsSettings, lane: int) -> int:
    """Return the line on which a lane's questions go: seats are licensed, however much a door takes at once."""
    first = lanes(ils).start
    return lane if lane < first else first + (lane - first) % ils.connections
