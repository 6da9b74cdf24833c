"""The strongest X-ray lines of the elements that an energy-dispersive detector sees below 20 keV.

Energies: Bearden1967, rounded to 1 eV. One or two lines an element: those that a person looks for first. No intensities: what they are depends on the
beam energy, the matrix and the detector, and a concentration needs standards.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from types import MappingProxyType

import attrs

__all__ = ["LINES", "NOT_SEEN", "SOURCE", "EmissionLine", "detector_width_keV", "lines_of_element", "overlaps"]

SOURCE = "Bearden1967"
LICENCE = "facts cited, no text taken"

#: Elements whose lines lie below what a detector with a window lets through.
NOT_SEEN = ("H", "He", "Li", "Be", "B")


@attrs.frozen(kw_only=True)
class EmissionLine:
    """A line: element, its name after Siegbahn, its energy in keV."""

    element: str
    name: str
    energy_keV: float

    @property
    def shown_name(self) -> str:
        """``Kα`` for ``Ka``."""
        return self.name.replace("a", "α").replace("b", "β")


_TABLE = """
C Ka 0.277; N Ka 0.392; O Ka 0.525; F Ka 0.677; Na Ka 1.041; Mg Ka 1.254; Al Ka 1.487; Si Ka 1.740; P Ka 2.014; S Ka 2.308; Cl Ka 2.622;
K Ka 3.314; Ca Ka 3.692; Sc Ka 4.091; Ti La 0.452; Ti Ka 4.511; Ti Kb 4.932; V La 0.511; V Ka 4.952; Cr La 0.573; Cr Ka 5.415; Mn La 0.637; Mn Ka 5.899;
Fe La 0.705; Fe Ka 6.404; Co La 0.776; Co Ka 6.930; Ni La 0.852; Ni Ka 7.478;
Cu La 0.930; Cu Ka 8.048; Zn La 1.012; Zn Ka 8.639; Ga La 1.098; Ga Ka 9.252; Ge La 1.188; Ge Ka 9.886; Sr La 1.807; Y La 1.923; Zr La 2.042;
Zr Ka 15.775; Nb La 2.166; Mo La 2.293; Pd La 2.839; Ag La 2.984; In La 3.287; Sn La 3.444; Ba La 4.466; La La 4.651; Hf Ma 1.645; Hf La 7.899;
Ta Ma 1.710; Ta La 8.146; W Ma 1.775; W La 8.398; Pt Ma 2.051; Pt La 9.442; Au Ma 2.123; Au La 9.713; Bi Ma 2.423; Bi La 10.839
"""


def _read() -> Mapping[str, tuple[EmissionLine, ...]]:
    found: dict[str, tuple[EmissionLine, ...]] = {}
    for entry in _TABLE.replace("\n", " ").split(";"):
        element, name, energy = entry.split()
        line = EmissionLine(element=element, name=name, energy_keV=float(energy))
        found[element] = (*found.get(element, ()), line)
    return MappingProxyType(found)


#: Element -> its lines, lowest energy first.
LINES: Mapping[str, tuple[EmissionLine, ...]] = _read()


def lines_of_element(element: str, *, beam_keV: float | None = None) -> tuple[EmissionLine, ...]:
    """The lines of an element that the beam can excite well: below two thirds of its energy (overvoltage 1.5); all when it is not known.

    >>> [line.name for line in lines_of_element("Zr", beam_keV=15.0)]
    ['La']
    """
    return tuple(line for line in LINES.get(element, ()) if beam_keV is None or line.energy_keV * 1.5 <= beam_keV)


def detector_width_keV(energy_keV: float, *, at_manganese_keV: float = 0.130) -> float:
    r"""Full width at half maximum of a line in a silicon detector, :math:`w^2 = w_0^2 + 5.546\, F \epsilon E` (Goldstein2018).

    Fano factor 0.115, 3.8 eV a pair; the noise :math:`w_0` is what gives ``at_manganese_keV`` at 5.899 keV.

    >>> round(detector_width_keV(5.899), 3), round(detector_width_keV(0.525), 3)
    (0.13, 0.062)
    """
    fano = 2.3548**2 * 0.115 * 3.8e-3
    return math.sqrt(at_manganese_keV**2 + fano * (energy_keV - 5.899))


def overlaps(elements: Iterable[str], *, share: float = 0.6) -> tuple[tuple[EmissionLine, EmissionLine], ...]:
    """Pairs of lines of different elements closer than this share of the detector's width, which it does not part.

    >>> [(a.element, b.element) for a, b in overlaps(["P", "Zr", "Ti", "O"])]
    [('P', 'Zr')]
    """
    lines = sorted(
        (line for element in set(elements) for line in LINES.get(element, ())), key=lambda line: line.energy_keV
    )
    return tuple(
        (a, b)
        for i, a in enumerate(lines)
        for b in lines[i + 1 :]
        if a.element != b.element and b.energy_keV - a.energy_keV < share * detector_width_keV(a.energy_keV)
    )
