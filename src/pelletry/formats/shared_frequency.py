"""Several spectra beside one frequency column: ``Freq, Z' 25C, Z'' 25C, Z' 50C, Z'' 50C`` or simply ``Freq, Z', Z'', Z', Z''``.

What a heading adds to the name of its quantity (``25C``, ``cell_2``, ``fit``) names the spectrum; where nothing is added, a quantity that comes a
second time begins the next spectrum. A column that is an error, a weight or a residual of another belongs to no spectrum of its own.
"""

from __future__ import annotations

import re

import attrs

from pelletry.core.record import Column
from pelletry.formats.columns import has_impedance, role_of_column, temperature_unit

__all__ = ["sharing_frequency"]

_PARTS = frozenset({"real", "imaginary", "modulus", "phase"})
_BETWEEN = re.compile(r"[\s_,;:]+|[()\[\]]+")
#: Parts of a cell beside the cell itself, and what is said about a value.
_NO_SPECTRUM = re.compile(
    r"(?:w?e|ce|we[- ]?ce|re|stack|err(?:or)?s?|std|sd|sigma|dev(?:iation)?|res(?:idual)?s?|weights?|diff|delta|min|max|range)\d*",
    re.IGNORECASE,
)
#: What changes the number itself: a power of ten, a normalisation, another unit.
_FACTOR = re.compile(
    r"[\^×*/=%]|10+(?!\d)\s*$|\bx ?10|\d[eE][+-]?\d|ohm|[ΩΩ]|norm|log|scal|corr|cm|area|spec", re.IGNORECASE
)


def sharing_frequency(columns: tuple[Column, ...]) -> list[tuple[str, tuple[Column, ...]]]:
    """The spectra of a table with one frequency column as (what the headings add, columns); one of all columns as a rule."""
    groups: dict[tuple[str, int], dict[str, Column]] = {}
    counts: dict[tuple[str, str], int] = {}
    shared: list[Column] = []
    for column in columns:
        role, named, tag = _tagged(column)
        if not role:
            shared.append(column)
            continue
        again = counts.get((tag, role), 0)
        counts[tag, role] = again + 1
        groups.setdefault((tag, again), {})[role] = named
    roles = {role_of_column(c.name, c.unit)[0] for c in shared}
    if (
        not groups
        or tuple(groups) == (("", 0),)
        or not all(has_impedance(roles | set(group)) for group in groups.values())
    ):
        return [("", columns)]
    return [(tag, (*shared, *group.values())) for (tag, _), group in groups.items()]


def _tagged(column: Column) -> tuple[str, Column, str]:
    """Role of a part of the impedance, the column under the name of its quantity alone, and what its heading adds."""
    role, _ = role_of_column(column.name, column.unit)
    if role:
        return (role, column, "") if role in _PARTS else ("", column, "")
    name, unit = column.name, column.unit
    if temperature_unit(unit) and name[-1:].isdigit():
        name, unit = f"{name} {unit}", ""  # Z' 25 °C was split into a name and a unit
    for at in _BETWEEN.finditer(name):
        for quantity, tag in ((name[: at.start()], name[at.end() :]), (name[at.end() :], name[: at.start()])):
            role, _ = role_of_column(quantity, unit or "ohm")
            tag = tag.strip(" ()[]_-")
            if role in _PARTS and tag and not (_NO_SPECTRUM.fullmatch(tag) or _FACTOR.search(tag)):
                return role, attrs.evolve(column, name=quantity.strip(), unit=unit), tag
    return "", column, ""
