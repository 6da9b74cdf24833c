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
# The natural lines of copper as sums of Lorentzians (Hoelzer et al. 1997): energy [eV], FWHM [eV], integrated share.
# Each K-alpha line leans to lower energies. The scale of wavelengths is that which puts the top of K-alpha1 at its wavelength above.
_LORENTZIANS = {
    "Cu": (
        ("Ka1", "", 8047.837, 2.285, 0.579),
        ("Ka2", "", 8027.993, 2.666, 0.236),
        ("Ka12", "Ka1", 8045.367, 3.358, 0.080),
        ("Ka22", "Ka2", 8026.504, 3.571, 0.105),
    )
}


@attrs.frozen(kw_only=True)
class Line:
    """One spectral line; ``weight`` is its intensity relative to the first line, ``width_angstrom`` its Lorentzian FWHM.

    ``follows``: the line whose weight it keeps a fixed ratio to, as the two parts of one asymmetric line do.
    """

    name: str
    wavelength_angstrom: float = attrs.field(validator=attrs.validators.gt(0.0))
    weight: float = attrs.field(validator=attrs.validators.ge(0.0))
    width_angstrom: float = attrs.field(default=0.0, validator=attrs.validators.ge(0.0))
    follows: str = ""


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

    @property
    def sharp_lines(self) -> tuple[Line, ...]:
        """One line for all parts of a natural one, at its top: for what knows a wavelength and a weight only."""
        if not any(line.follows for line in self.lines):
            return self.lines
        tops = dict(zip(("Ka1", "Ka2"), _K_ALPHA[self.name.split()[0]], strict=True))
        whole = {
            line.name: sum(x.weight for x in self.lines if line.name in (x.name, x.follows)) for line in self.lines
        }
        return tuple(
            Line(
                name=line.name,
                wavelength_angstrom=tops.get(line.name, line.wavelength_angstrom),
                weight=whole[line.name] / whole[self.lines[0].name],
            )
            for line in self.lines
            if not line.follows
        )


def radiation_of(
    anode: str,
    *,
    ratio: float = 0.5,
    is_ka1_only: bool = False,
    has_line_shapes: bool = False,
    monochromator_two_theta_deg: float | None = None,
    source: str = "",
) -> Radiation:
    """The K-alpha lines of a named anode (Cu, Co, Fe, Cr, Mo, Ag); KeyError for another. ``ratio`` is Ka2/Ka1.

    ``has_line_shapes``: each line as the sum of Lorentzians that it is; known for Cu, others stay sharp. Only with a
    :class:`~pelletry.techniques.diffraction.model.beam_path.BeamPath` are cells better for it: without one, the lean of the lines and the
    axial divergence before the sample partly make up for each other.
    """
    if has_line_shapes and anode in _LORENTZIANS:
        return Radiation(
            name=f"{anode} Ka1" if is_ka1_only else f"{anode} Ka",
            lines=_natural_lines(anode, 0.0 if is_ka1_only else ratio),
            monochromator_two_theta_deg=monochromator_two_theta_deg,
            source=source or "Hoelzer1997",
        )
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


def _natural_lines(anode: str, ratio: float) -> tuple[Line, ...]:
    parts = [part for part in _LORENTZIANS[anode] if ratio > 0 or part[0].startswith("Ka1")]
    scale = _K_ALPHA[anode][0] * _top_energy(anode)
    shares = {name: sum(p[4] for p in _LORENTZIANS[anode] if p[0].startswith(name)) for name in ("Ka1", "Ka2")}
    first = parts[0][4]
    lines = []
    for name, follows, energy, width, share in parts:
        weight = share / first
        if name.startswith("Ka2"):
            weight *= ratio * shares["Ka1"] / shares["Ka2"]
        lines.append(
            Line(
                name=name, wavelength_angstrom=scale / energy, weight=weight, width_angstrom=scale * width / energy**2,
                follows=follows,
            )
        )  # fmt: skip
    return tuple(lines)


def _top_energy(anode: str) -> float:
    """Energy of the top of K-alpha1, by ternary search about its stronger part."""
    parts = [part for part in _LORENTZIANS[anode] if part[0].startswith("Ka1")]

    def height(energy: float) -> float:
        return sum(share / width / (1.0 + (2.0 * (energy - at) / width) ** 2) for _, _, at, width, share in parts)

    low, high = parts[0][2] - 0.5, parts[0][2] + 0.5
    for _ in range(60):
        one, two = low + (high - low) / 3.0, high - (high - low) / 3.0
        low, high = (one, high) if height(one) < height(two) else (low, two)
    return 0.5 * (low + high)
