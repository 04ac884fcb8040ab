"""The table of keys as pydantic models: layers are merged and every value is checked, wrong ones all at once."""

from collections.abc import Callable, Sequence
from dataclasses import MISSING, dataclass
from functools import cache
from typing import Annotated, Any, assert_never

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, create_model
from pydantic_core import CoreSchema, core_schema
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from kioskd.config.file import Tables
from kioskd.config.keys import SECTIONS, Section
from kioskd.config.kinds import Checked, Flag, Kind, ListOf, Number, Whole


class Layered(BaseSettings):
    """Settings from layers that are handed in, the strongest first; nothing else is read."""

    model_config = SettingsConfigDict(extra="forbid", hide_input_in_errors=True, validate_default=False)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - would read the process's environment and ignore mistakes
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - as above
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - as above
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return one source a layer."""
        assert isinstance(init_settings, InitSettingsSource)
        return tuple(InitSettingsSource(settings_cls, layer) for layer in init_settings.init_kwargs["layers"])


def validated(layers: Sequence[Tables]) -> dict[str, Any]:
    """Return the sections with the values as `Settings` holds them. Raises pydantic's ValidationError."""
    model = _configuration()(layers=layers)
    return {name: _plain(getattr(model, name)) for name in SECTIONS}


def _plain(value: Any) -> Any:  # noqa: ANN401 - a model, a tuple of models, or None
    if isinstance(value, BaseModel):
        return {key: getattr(value, key) for key in type(value).model_fields}
    return tuple(_plain(each) for each in value) if isinstance(value, tuple) else value


@cache
def _configuration() -> Callable[..., BaseSettings]:
    sections: dict[str, Any] = {}
    for name, section in SECTIONS.items():
        model = _model(name, section)
        if section.many:
            sections[name] = (tuple[model, ...], ())  # type: ignore[valid-type] # made here
        elif name == "printer":
            sections[name] = (model | None, None)
        else:
            sections[name] = (model, ...)
    return create_model("Configuration", __base__=Layered, **sections)


def _model(name: str, section: Section) -> Any:  # noqa: ANN401 - made from the table
    rows: dict[str, Any] = {}
    for key, row in section.keys.items():
        default = section.default(key)
        rows[key] = (Annotated[Any, _Core(row.kind)], ... if default is MISSING else default)
    return create_model(name, __config__=ConfigDict(extra="forbid", hide_input_in_errors=True), **rows)


@dataclass(frozen=True, slots=True)
class _Core:
    """A kind, told to pydantic's core directly."""

    kind: Kind

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return _core(self.kind)


def _core(kind: Kind) -> CoreSchema:
    match kind:
        case Flag():
            return core_schema.bool_schema(strict=True)
        case Whole(least, most):
            return core_schema.int_schema(strict=True, ge=least, le=most)
        case Number(least, most, above):
            least_or_above = (None, least) if above else (least, None)
            return core_schema.float_schema(
                strict=True, allow_inf_nan=False, le=most, ge=least_or_above[0], gt=least_or_above[1]
            )
        case Checked(check):
            return core_schema.no_info_plain_validator_function(check)
        case ListOf(member, _, least):
            return core_schema.tuple_variable_schema(_core(member), min_length=least)
        case _:
            assert_never(kind)
