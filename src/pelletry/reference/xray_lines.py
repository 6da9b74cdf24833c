"""Characteristic lines of X-ray tubes, in angstrom, by anode.

K lines of Cr, Mn, Fe, Co, Ni and Cu: Hoelzer1997 (double-crystal measurement, with the peak of the whole profile as the position).
K lines of Mo and Ag: Deslattes2003; L lines of tungsten (from the filament, on old targets): Bearden1967. Intensities relative to K-alpha1 are
those of the unfiltered tube, rounded; a filter or mirror changes K-beta, so a refinement takes them as a start only.
"""

from __future__ import annotations

from typing import Literal

import attrs

__all__ = ["ANODES", "TUNGSTEN_LINES", "XrayLine", "lines_of"]

LICENCE = "facts cited, no text taken"
LineName = Literal["Ka1", "Ka2", "Kb", "La1", "La2"]
KALPHA2_RATIO = 0.5
KBETA_RATIO = 0.16


@attrs.frozen(kw_only=True)
class XrayLine:
    """One line: wavelength with its standard deviation, and its intensity relative to the first line of the tube."""

    anode: str
    name: LineName
    wavelength_angstrom: float = attrs.field(metadata={"unit": "angstrom"})
    std_angstrom: float = attrs.field(metadata={"unit": "angstrom"})
    weight: float
    source: str
    licence: str = LICENCE


# Anode: (value, standard deviation) of Ka1, Ka2, Kb1,3 and the source.
_K_LINES: dict[str, tuple[tuple[float, float], tuple[float, float], tuple[float, float], str]] = {
    "Cr": ((2.2897260, 3e-7), (2.2936510, 2e-7), (2.0848810, 4e-7), "Hoelzer1997"),
    "Mn": ((2.1018540, 3e-7), (2.1058220, 3e-7), (1.9102160, 4e-7), "Hoelzer1997"),
    "Fe": ((1.9360410, 3e-7), (1.9399730, 3e-7), (1.7566040, 4e-7), "Hoelzer1997"),
    "Co": ((1.7889960, 1e-7), (1.7928350, 1e-7), (1.6208260, 3e-7), "Hoelzer1997"),
    "Ni": ((1.6579300, 1e-7), (1.6617560, 1e-7), (1.5001520, 3e-7), "Hoelzer1997"),
    "Cu": ((1.5405929, 5e-7), (1.5444274, 5e-7), (1.3922340, 6e-7), "Hoelzer1997"),
    "Mo": ((0.7093172, 4e-7), (0.7136070, 12e-6), (0.6323030, 13e-6), "Deslattes2003"),
    "Ag": ((0.5594218, 8e-7), (0.5638131, 26e-7), (0.4970817, 60e-7), "Deslattes2003"),
}
ANODES = tuple(_K_LINES)


def lines_of(anode: str) -> tuple[XrayLine, XrayLine, XrayLine]:
    """K-alpha1, K-alpha2 and K-beta1,3 of an anode; a KeyError names the anodes that are known."""
    symbol = anode.strip().capitalize()
    if symbol not in _K_LINES:
        raise KeyError(f"no lines for the anode {anode!r}; known: {', '.join(ANODES)}")
    first, second, beta, source = _K_LINES[symbol]

    def line(name: LineName, value: tuple[float, float], weight: float) -> XrayLine:
        return XrayLine(
            anode=symbol,
            name=name,
            wavelength_angstrom=value[0],
            std_angstrom=value[1],
            weight=weight,
            source=source,
        )

    return line("Ka1", first, 1.0), line("Ka2", second, KALPHA2_RATIO), line("Kb", beta, KBETA_RATIO)


TUNGSTEN_LINES = (
    XrayLine(
        anode="W",
        name="La1",
        wavelength_angstrom=1.476420,
        std_angstrom=2e-5,
        weight=1.0,
        source="Bearden1967",
    ),
    XrayLine(
        anode="W",
        name="La2",
        wavelength_angstrom=1.487450,
        std_angstrom=2e-5,
        weight=0.11,
        source="Bearden1967",
    ),
)
