"""The tables of study.toml that belong to techniques: ``[impedance]``, ``[density]``; each validated by its technique's card.

A key that ends in a unit, as ``temperature_std_K``, may be written without it and with a unit in the text instead:
``temperature_std = "0.5 K"``. A list of texts works alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
from pydantic import BaseModel, ValidationError

from pelletry.core.errors import Mistake, PelletryError
from pelletry.core.units import parse_quantity, unit_of_field
from pelletry.study.toml_file import KeyPath, TomlFile, inner_model, mistakes_of_validation

__all__ = ["cards", "read_settings", "setting_keys", "with_units_read"]


def cards() -> Mapping[str, type[BaseModel]]:
    """The settings of all techniques, by the technique's name."""
    from pelletry.techniques import techniques

    return {card.name: card.settings for card in techniques()}


def setting_keys(model: type[BaseModel]) -> dict[str, tuple[str, str]]:
    """Every way a key may be written with a unit in its text: ``temperature_std`` -> (``temperature_std_K``, ``K``)."""
    found = {}
    for name in model.model_fields:
        unit = unit_of_field(name)
        if unit is None or unit == "1":
            continue
        suffix = "_" + unit.replace("/", "_per_").replace(" ", "_")
        plain = name[: -len(suffix)] if name.endswith(suffix) else name
        found[name] = (name, unit)
        found.setdefault(plain, (name, unit))
    return found


def read_settings(file: TomlFile, *, mistakes: list[Mistake]) -> dict[str, Any]:
    """Settings of every technique: what study.toml says, else the technique's own start values."""
    found: dict[str, Any] = {}
    for name, model in cards().items():
        table = file.data.get(name, {})
        if not isinstance(table, dict):
            mistakes.append(
                Mistake(what=f"{name} is not a table", where=file.where((name,)), expected=f"a head [{name}]")
            )
            continue
        unread: set[KeyPath] = set()
        plain = _in_house_units(table, model, _Place(file=file, mistakes=mistakes, unread=unread), (name,))
        try:
            found[name] = model.model_validate(plain)
        except ValidationError as error:
            mistakes.extend(mistakes_of_validation(error, file=file, model=model, at=(name,), leave_out=unread))
        except PelletryError as error:
            # A validator that reads a circuit or a quantity speaks for itself; only the place is added.
            place = file.where((name,))
            mistakes.extend(
                Mistake(what=m.what, where=m.where or place, expected=m.expected, do=m.do) for m in error.mistakes
            )
    return found


def with_units_read(
    table: Mapping[str, Any], model: type[BaseModel], file: TomlFile, mistakes: list[Mistake]
) -> tuple[dict[str, Any], set[KeyPath]]:
    """A table of one technique with ``current = "0.4 mA"`` as ``current_A = 4e-4``; and the fields whose text could not be read."""
    unread: set[KeyPath] = set()
    return _in_house_units(table, model, _Place(file=file, mistakes=mistakes, unread=unread), ()), unread


@attrs.frozen(kw_only=True)
class _Place:
    """Where mistakes go; ``unread`` are the fields whose text could not be read, so that they are not called missing too."""

    file: TomlFile
    mistakes: list[Mistake]
    unread: set[KeyPath]

    def wrong(self, path: KeyPath, what: str, *, expected: str = "", do: str = "") -> None:
        self.mistakes.append(Mistake(what=what, where=self.file.where(path), expected=expected, do=do))


def _in_house_units(table: Mapping[str, Any], model: type[BaseModel], place: _Place, at: KeyPath) -> dict[str, Any]:
    spellings = setting_keys(model)
    plain: dict[str, Any] = {}
    for key, value in table.items():
        path: KeyPath = (*at, key)
        if key not in spellings:
            plain[key] = _nested(value, model, place, path)
            continue
        field, unit = spellings[key]
        converted = None
        if field in plain:
            place.wrong(path, f"{key} and {field} are the same setting", do="keep one")
        elif key != field and not _is_text(value):
            place.wrong(path, f"{value!r} has no unit", expected=f"a text with its unit, or the key {field}")
        else:
            converted = _converted(value, field, unit, place, path)
        if converted is not None:
            plain[field] = converted
        elif field not in plain:
            place.unread.add((*at, field))
    return plain


def _nested(value: Any, model: type[BaseModel], place: _Place, path: KeyPath) -> Any:
    """A table inside a setting, or a list of tables, by the same rule."""
    field = model.model_fields.get(str(path[-1]))
    inner = None if field is None else inner_model(field.annotation)
    if inner is None:
        return value
    if isinstance(value, dict):
        return _in_house_units(value, inner, place, path)
    if isinstance(value, list):
        return [_in_house_units(v, inner, place, (*path, n)) if isinstance(v, dict) else v for n, v in enumerate(value)]
    return value


def _is_text(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(one, str) for one in value))


def _converted(value: Any, field: str, unit: str, place: _Place, path: KeyPath) -> Any:
    if isinstance(value, list):
        parts = [_converted(one, field, unit, place, path) for one in value]
        return None if any(part is None for part in parts) else parts
    if not isinstance(value, str):
        return value
    if unit == "K" and "_std" in field:
        value = value.replace("°C", "K").replace("degC", "K")  # a width of one degree is one kelvin, not 274
    try:
        return parse_quantity(value, unit=unit, where=place.file.where(path)).value
    except PelletryError as error:
        place.mistakes.extend(error.mistakes)
        return None
