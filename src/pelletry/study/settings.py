"""The tables of study.toml that belong to techniques: ``[impedance]``, ``[density]``; each validated by its technique's card.

A key that ends in a unit, as ``temperature_std_K``, may be written without it and with a unit in the text instead:
``temperature_std = "0.5 K"``. A list of texts works alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from pelletry.core.errors import Mistake, PelletryError
from pelletry.core.units import parse_quantity, unit_of_field
from pelletry.study.toml_file import KeyPath, TomlFile, mistakes_of_validation

__all__ = ["cards", "read_settings", "setting_keys"]


def cards() -> Mapping[str, type[BaseModel]]:
    """The settings of all techniques, by the technique's name."""
    from pelletry.techniques import techniques

    try:
        return {card.name: card.settings for card in techniques()}
    except AttributeError:
        from pelletry.techniques.impedance.settings import ImpedanceSettings

        return {"impedance": ImpedanceSettings}


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
        plain = _in_house_units(table, model, file, name, mistakes)
        try:
            found[name] = model.model_validate(plain)
        except ValidationError as error:
            mistakes.extend(mistakes_of_validation(error, file=file, model=model, at=(name,)))
        except PelletryError as error:
            # A validator that reads a circuit or a quantity speaks for itself; only the place is added.
            place = file.where((name,))
            mistakes.extend(
                Mistake(what=m.what, where=m.where or place, expected=m.expected, do=m.do) for m in error.mistakes
            )
    return found


def _in_house_units(
    table: Mapping[str, Any], model: type[BaseModel], file: TomlFile, technique: str, mistakes: list[Mistake]
) -> dict[str, Any]:
    spellings = setting_keys(model)
    plain: dict[str, Any] = {}
    for key, value in table.items():
        path = (technique, key)
        if key not in spellings:
            plain[key] = value
            continue
        field, unit = spellings[key]
        if field in plain:
            mistakes.append(
                Mistake(what=f"{key} and {field} are the same setting", where=file.where(path), do="keep one")
            )
        elif key != field and not _is_text(value):
            mistakes.append(
                Mistake(
                    what=f"{value!r} has no unit",
                    where=file.where(path),
                    expected=f"a text with its unit, or the key {field}",
                )
            )
        else:
            converted = _converted(value, field, unit, file, path, mistakes)
            if converted is not None:
                plain[field] = converted
    return plain


def _is_text(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(one, str) for one in value))


def _converted(value: Any, field: str, unit: str, file: TomlFile, path: KeyPath, mistakes: list[Mistake]) -> Any:
    if isinstance(value, list):
        parts = [_converted(one, field, unit, file, path, mistakes) for one in value]
        return None if any(part is None for part in parts) else parts
    if not isinstance(value, str):
        return value
    if unit == "K" and "_std" in field:
        value = value.replace("°C", "K").replace("degC", "K")  # a width of one degree is one kelvin, not 274
    try:
        return parse_quantity(value, unit=unit, where=file.where(path)).value
    except PelletryError as error:
        mistakes.extend(error.mistakes)
        return None
