"""Several spectra beside one frequency column: ``Freq, Z' 25C, Z'' 25C, Z' 50C, Z'' 50C`` or simply ``Freq, Z', Z'', Z', Z''``.

What a heading adds to the name of its quantity (``25C``, ``cell_2``, ``fit``) names the spectrum; where nothing is added, a quantity that comes a
second time begins the next spectrum. Cells merged over the headings (``25 °C | | 50 °C |``) name their spectra too. A column that is an error, a weight or a residual of another belongs to no spectrum of its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import attrs

from pelletry.core.record import Column
from pelletry.formats.columns import has_impedance, role_of_column, temperature_unit
from pelletry.formats.table_text import Block, split_names

__all__ = ["labels_above", "sharing_frequency", "with_labels"]

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


def labels_above(block: Block) -> tuple[str, ...]:
    """The words of the line above the headings, one a column of the block, empty where there are none.

    A merged cell keeps its word in the first of its columns, so that empty cells take the one before them.
    """
    width = int(block.values.shape[1])
    nothing = ("",) * width
    lines = [(number, text) for number, text in block.before if text.strip()]
    at = next((i for i in reversed(range(len(lines))) if split_names(lines[i][1], width) == block.names), 0)
    if not block.names or at == 0:
        return nothing
    text = lines[at - 1][1]
    for separator in ("\t", ";", ","):
        cells = [cell.strip().strip('"').strip() for cell in text.split(separator)]
        filled = [cell for cell in cells if cell]
        if len(cells) < 2 or len(cells) > width + 1 or not 2 <= len(filled) < len(block.names) or len(set(filled)) < 2:
            continue
        labels: list[str] = []
        for j in range(width):
            cell = cells[j] if j < len(cells) else ""
            labels.append(cell or (labels[-1] if labels else ""))
        return tuple(labels)
    return nothing


def with_labels(columns: tuple[Column, ...], labels: Sequence[str]) -> tuple[Column, ...]:
    """The parts of an impedance with the words above them at the end of their names."""
    named = []
    for column, label in zip(columns, labels, strict=True):
        is_part = role_of_column(column.name, column.unit)[0] in _PARTS
        named.append(attrs.evolve(column, name=f"{column.name} {label}") if label and is_part else column)
    return tuple(named)


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
