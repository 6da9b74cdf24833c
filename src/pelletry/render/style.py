"""How figures look: sizes, colours, markers and fonts, the same for the publication copies and the report.

Column widths are those of most journals (85 and 178 mm). Colours are those of Okabe and Ito (2008), told apart by people with
any common colour blindness; series that follow a number (temperature) take a dark-to-light sequence. Each group has a marker
of its own as well, so a figure survives a black-and-white printer.

The font is Liberation Sans (SIL OFL 1.1, beside this module): it has the widths of Arial and Helvetica, so a text in an SVG
stays where it was put on every machine, and the bytes of a figure do not depend on the fonts installed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pelletry.core.figure import FigureSpec, Series

__all__ = ["FONT_FAMILY", "FONT_STACK", "INK", "MUTED", "WIDTH_MM", "Look", "group_of", "looks_of", "sequence_colour"]

WIDTH_MM = {"single": 85.0, "double": 178.0}
FONT_FAMILY = "Liberation Sans"
FONT_STACK = "'Liberation Sans', Arial, Helvetica, sans-serif"
INK = "#1a1a1a"
MUTED = "#6b7280"

_CATEGORIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")
#: From dark violet to ochre with rising lightness; no pale yellow, which vanishes on white paper.
_SEQUENCE = ("#2d1160", "#3b4a9b", "#2b7a9e", "#1f9e89", "#5bb450", "#a9b52a", "#d9a213")
_MARKERS = ("o", "s", "^", "D", "v", "p", "h", "<", ">", "P")

Look = tuple[str, str]  # (colour, matplotlib marker)

_NUMBER_WITH_UNIT = re.compile(r"^\s*([-+\u2212]?\d+(?:\.\d+)?)\s*([^\d\s].*)?$")


def group_of(series: Series) -> str:
    """What a series is coloured by: its group, else its label."""
    return series.group or series.label


def looks_of(spec: FigureSpec) -> dict[str, Look]:
    """A colour and a marker for each group of a figure, the same in all its panels, in order of appearance."""
    groups = list(dict.fromkeys(group_of(s) for p in spec.panels for s in p.series))
    order = _numeric_order(groups)
    if order is None:
        colours = [_category(i, len(groups)) for i in range(len(groups))]
    else:
        colours = [sequence_colour(rank / (len(groups) - 1)) for rank in order]
    return {g: (colours[i], _MARKERS[i % len(_MARKERS)]) for i, g in enumerate(groups)}


def _category(i: int, count: int) -> str:
    return _CATEGORIES[i] if count <= len(_CATEGORIES) else sequence_colour(i / (count - 1))


def _numeric_order(groups: Sequence[str]) -> list[int] | None:
    """The rank of each group when all are numbers with one unit ("25 °C", "-40 °C"), else None."""
    matches = [_NUMBER_WITH_UNIT.match(g) for g in groups]
    if len(groups) < 3 or any(m is None for m in matches):
        return None
    if len({m[2] for m in matches if m}) != 1:
        return None
    values = [float(m[1].replace("\u2212", "-")) for m in matches if m]
    ranked = sorted(range(len(values)), key=values.__getitem__)
    return [ranked.index(i) for i in range(len(values))]


def sequence_colour(share: float) -> str:
    """The colour at a share 0..1 of the sequence, linear between its stops."""
    place = share * (len(_SEQUENCE) - 1)
    low = min(int(place), len(_SEQUENCE) - 2)
    a, b = _SEQUENCE[low], _SEQUENCE[low + 1]
    parts = [
        round(int(a[k : k + 2], 16) + (place - low) * (int(b[k : k + 2], 16) - int(a[k : k + 2], 16)))
        for k in (1, 3, 5)
    ]
    return "#" + "".join(f"{part:02x}" for part in parts)
