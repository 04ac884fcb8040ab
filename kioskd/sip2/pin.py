"""A secret on its way to the wire."""


class Pin:
    """A patron's PIN or a password (AD, AC, CO): only `reveal` shows it, no repr, format or traceback does."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the secret itself, for the encoder."""
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pin) and other._text == self._text

    def __hash__(self) -> int:
        return hash((Pin, self._text))

    def __repr__(self) -> str:
        return "Pin('***')"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return "***"

    def __reduce__(self) -> str:
        raise TypeError("a Pin is not stored or passed on as bytes")
