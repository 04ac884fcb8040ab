"""On which lines the upload speaks. Line 0 is the patrons' own; seats are licensed, so there are no more than set."""

from kioskd.model.settings import IlsSettings

PATRONS_LINE = 0


def own_identity(ils: IlsSettings) -> bool:
    """Tell whether uploads have a login or a port of their own, so that they cannot use the patrons' line."""
    return bool(ils.upload_login_user) or ils.upload_port not in (0, ils.port)


def lanes(ils: IlsSettings) -> range:
    """Return the numbers of the lines that carry uploads."""
    first = PATRONS_LINE + 1 if own_identity(ils) else PATRONS_LINE
    return range(first, first + ils.connections)
