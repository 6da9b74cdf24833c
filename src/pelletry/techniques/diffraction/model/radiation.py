"""Wavelengths of laboratory tubes and what they do to intensities.

Sources: Cu, Co, Fe, Cr K lines of Hoelzer et al. (1997); Mo and Ag K lines and the W L line as in International Tables C 4.2.
"""

from __future__ import annotations

import math

import attrs

__all__ = ["KBETA_ANGSTROM", "TUNGSTEN_L_ANGSTROM", "Line", "Radiation", "radiation_of"]

# Name of the tube's anode: Ka1, Ka2 [angstrom].
_K_ALPHA = {
    "Cu": (1.5405929, 1.5444274),
    "Co": (1.7889960, 1.7928350),
    "Fe": (1.9360410, 1.9399730),
    "Cr": (2.2897260, 2.2936510),
    "Mo": (0.7093172, 0.7136074),
    "Ag": (0.5594218, 0.5638131),
}
KBETA_ANGSTROM = {"Cu": 1.3922340, "Co": 1.6208260, "Fe": 1.7566040, "Cr": 2.0848810, "Mo": 0.6323030, "Ag": 0.4970817}
TUNGSTEN_L_ANGSTROM = 1.476420


@attrs.frozen(kw_only=True)
class Line:
    """One spectral line; ``weight`` is its intensity relative to the first line."""

    name: str
    wavelength_angstrom: float = attrs.field(validator=attrs.validators.gt(0.0))
    weight: float = attrs.field(validator=attrs.validators.ge(0.0))


@attrs.frozen(kw_only=True)
class Radiation:
    """Lines of the tube; ``monochromator_two_theta_deg`` None: none, the polarisation factor A is 1.

    The Lorentz-polarisation factor is (1 + A cos^2 2theta)/(sin^2 theta cos theta) with A = cos^2(2theta_m), the same for a
    crystal before or after the sample. ``source`` says who stated the wavelength.
    """

    name: str
    lines: tuple[Line, ...] = attrs.field(validator=attrs.validators.min_len(1))
    monochromator_two_theta_deg: float | None = None
    source: str = ""

    @property
    def polarisation(self) -> float:
        """A of the Lorentz-polarisation factor."""
        if self.monochromator_two_theta_deg is None:
            return 1.0
        return math.cos(math.radians(self.monochromator_two_theta_deg)) ** 2


def radiation_of(
    anode: str,
    *,
    ratio: float = 0.5,
    is_ka1_only: bool = False,
    monochromator_two_theta_deg: float | None = None,
    source: str = "",
) -> Radiation:
    """The K-alpha lines of a named anode (Cu, Co, Fe, Cr, Mo, Ag); KeyError for another. ``ratio`` is Ka2/Ka1."""
    first, second = _K_ALPHA[anode]
    lines: tuple[Line, ...] = (Line(name="Ka1", wavelength_angstrom=first, weight=1.0),)
    if not is_ka1_only and ratio > 0:
        lines = (*lines, Line(name="Ka2", wavelength_angstrom=second, weight=ratio))
    return Radiation(
        name=f"{anode} Ka1" if is_ka1_only else f"{anode} Ka",
        lines=lines,
        monochromator_two_theta_deg=monochromator_two_theta_deg,
        source=source or "Hoelzer1997",
    )
