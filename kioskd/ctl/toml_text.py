"""Tables as TOML, for the configuration that setup writes. Python reads TOML and does not write it."""

import datetime as dt
import json
from collections.abc import Mapping

Tables = Mapping[str, object]


def toml(tables: Tables) -> str:
    """Return section → keys (or a list of tables) as TOML; what is None or an empty table is left out."""
    parts: list[str] = []
    for name, table in tables.items():
        many = isinstance(table, list) and all(isinstance(each, Mapping) for each in table)
        for each in table if many and isinstance(table, list) else [table]:
            if isinstance(each, Mapping) and each:
                head = f"[[{name}]]" if many else f"[{name}]"
                lines = [f"{key} = {value(content)}" for key, content in each.items() if content is not None]
                parts.append("\n".join([head, *lines]) + "\n")
    return "\n".join(parts)


def value(content: object) -> str:
    """Return a value as TOML. Raises TypeError for what no key of ours holds."""
    match content:
        case bool():
            return str(content).lower()
        case int() | float() | dt.date():
            return str(content)
        case str() if "\\" in content and "'" not in content and content.isprintable():
            # A pattern reads better as it is.
            return f"'{content}'"
        case str():
            return json.dumps(content, ensure_ascii=False).replace("\x7f", "\\u007f")
        case list() | tuple():
            return f"[{', '.join(value(each) for each in content)}]"
        case _:
            raise TypeError(f"{type(content).__name__} is no value of a configuration")
