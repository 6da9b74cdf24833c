r"""A virtual photoelectron spectrometer: states of a surface to counts in a VAMAS file, labelled simulated in its comment.

A region holds, in counts: Voigt lines of every state whose lines fall into it, with the area
:math:`s\,x\,\sigma\,T\,\lambda` (a scale, atoms of the element times the share of the state, Scofield's cross section, transmission and escape
depth, both powers of the kinetic energy), a step behind every line, losses after Tougaard's universal curve behind a gap, a level and a
slope. No single background model of the analysis is this one: an analysis that knew its own background would prove nothing.
The surface is charged: all binding energies are measured too high by the same shift. Counts are drawn from Poisson's law.

The states of :func:`lzp_pellet` are those that El-Shinawi 2018 states for LiZr2(PO4)3 (Zr 3d5/2 184.0, P 2p 134.2, after cycling also
181.6 and 133.4 eV, C 1s 285.0 eV); O 1s, Li 1s, P 2s and Zr 4s are not in that list and are set so that O 1s - P 2p is that of a
phosphate with bonds of 153 pm, and Li 1s and Zr 4s lie where they are found for such materials.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.reference.photoelectrons import photoelectron_line
from pelletry.techniques.xps.model.backgrounds import cumulative_integral
from pelletry.techniques.xps.model.shapes import voigt

__all__ = [
    "MeasuredRegion",
    "PhotoelectronSpectrometer",
    "RegionPlan",
    "StateTruth",
    "SurfaceTruth",
    "lzp_pellet",
    "lzp_regions",
    "measured_regions",
    "vamas_bytes",
]

_U2_C_EV2 = 1643.0


@attrs.frozen(kw_only=True)
class StateTruth:
    """One state: where its stronger line lies on the uncharged scale, and its atoms relative to all others."""

    name: str
    level: str
    binding_energy_eV: float
    atoms_relative: float
    gauss_fwhm_eV: float = 1.1
    lorentz_fwhm_eV: float = 0.3


@attrs.frozen(kw_only=True)
class SurfaceTruth:
    """What is under the beam. ``charge_shift_eV`` is added to every binding energy that is measured."""

    name: str
    states: tuple[StateTruth, ...]
    charge_shift_eV: float = 0.0

    def share(self, name: str, level: str) -> float:
        """Atoms of a state over all atoms that show this level [1]."""
        own = [s for s in self.states if s.level == level]
        return next(s.atoms_relative for s in own if s.name == name) / sum(s.atoms_relative for s in own)


@attrs.frozen(kw_only=True)
class PhotoelectronSpectrometer:
    """What the instrument does. ``scale_counts_per_s`` is the area in counts/s x eV of one relative atom with sigma T lambda = 1."""

    source_energy_eV: float = 1486.6
    pass_energy_eV: float = 20.0
    dwell_s: float = 0.2
    sweeps: int = 10
    step_eV: float = 0.1
    scale_counts_per_s: float = 3000.0
    transmission_exponent: float = -0.3
    escape_exponent: float = 0.75
    step_ratio: float = 0.010
    loss_ratio: float = 150.0
    gap_eV: float = 3.0
    level_counts_per_s: float = 400.0
    slope_ratio: float = 0.03

    def transmission_relative(self, kinetic_energy_eV: Array) -> Array:
        result: Array = (kinetic_energy_eV / 1000.0) ** self.transmission_exponent
        return result


@attrs.frozen(kw_only=True)
class RegionPlan:
    """A window on the measured scale of binding energy."""

    level: str
    low_eV: float
    high_eV: float


@attrs.frozen(kw_only=True)
class MeasuredRegion:
    """Counts as the instrument stores them, by falling binding energy (rising kinetic energy)."""

    plan: RegionPlan
    binding_energy_eV: Array
    counts: Array
    transmission: Array


def _peaks(truth: SurfaceTruth, instrument: PhotoelectronSpectrometer, energy_eV: Array) -> Array:
    """Rate of the lines [counts/s] on ascending binding energies."""
    total = np.zeros_like(energy_eV)
    for state in truth.states:
        line = photoelectron_line(state.level)
        if line is None:
            raise ValueError(f"the level {state.level} of {state.name} is not in the table of lines")
        position = state.binding_energy_eV + truth.charge_shift_eV
        kinetic = instrument.source_energy_eV - position
        area = instrument.scale_counts_per_s * state.atoms_relative * line.scofield_factor
        area *= (
            float(instrument.transmission_relative(np.array(kinetic)))
            * (kinetic / 1000.0) ** instrument.escape_exponent
        )
        ratio = line.ratio or 0.0
        extra = 0.8 if line.has_wide_partner else 0.0
        lines = [(position, area / (1.0 + ratio), state.lorentz_fwhm_eV)]
        if line.splitting_eV is not None:
            lines.append((position + line.splitting_eV, area * ratio / (1.0 + ratio), state.lorentz_fwhm_eV + extra))
        for at, strength, lorentz in lines:
            profile, _ = voigt(energy_eV, np.array([at]), np.array([state.gauss_fwhm_eV]), np.array([lorentz]))
            total += strength * profile[0]
    return total


def _losses(instrument: PhotoelectronSpectrometer, energy_eV: Array, peaks: Array) -> Array:
    loss = energy_eV[:, None] - energy_eV[None, :]
    kernel = np.where(loss > instrument.gap_eV, loss / (_U2_C_EV2 + loss**2) ** 2, 0.0)
    result: Array = kernel @ peaks * instrument.step_eV
    return result


def measured_regions(
    truth: SurfaceTruth, instrument: PhotoelectronSpectrometer, plans: Sequence[RegionPlan], *, seed: int
) -> tuple[MeasuredRegion, ...]:
    """Counts of every region; the same seed gives the same counts."""
    rng = np.random.default_rng(seed)
    found = []
    for plan in plans:
        energy = np.arange(plan.low_eV, plan.high_eV + 0.5 * instrument.step_eV, instrument.step_eV)
        peaks = _peaks(truth, instrument, energy)
        rate = peaks + instrument.step_ratio * cumulative_integral(energy, peaks)
        rate += instrument.loss_ratio * _losses(instrument, energy, peaks) + instrument.level_counts_per_s
        rate += instrument.slope_ratio * instrument.level_counts_per_s * (energy - energy[0])
        counts = rng.poisson(rate * instrument.dwell_s * instrument.sweeps).astype(float)[::-1]
        falling = energy[::-1]
        transmission = instrument.transmission_relative(instrument.source_energy_eV - falling)
        found.append(MeasuredRegion(plan=plan, binding_energy_eV=falling, counts=counts, transmission=transmission))
    return tuple(found)


def vamas_bytes(
    truth: SurfaceTruth,
    instrument: PhotoelectronSpectrometer,
    regions: Sequence[MeasuredRegion],
    *,
    comment: str,
    day: datetime.date = datetime.date(2020, 1, 1),
) -> bytes:
    """A VAMAS file (ISO 14976) of the regions; ``comment`` must say that it is simulated.

    Raises
    ------
    ValueError
        When the comment does not say so.
    """
    if "simulated" not in comment.lower():
        raise ValueError("the comment of a virtual instrument's file must say that it is simulated")
    lines = ["VAMAS Surface Chemical Analysis Standard Data Transfer Format 1988 May 4"]
    lines += ["Not Specified", "virtual photoelectron spectrometer", "Not Specified", truth.name]
    lines += ["1", comment, "NORM", "REGULAR", str(len(regions)), "1", "Exp Variable", "d", "0", "0", "0", "0"]
    lines.append(str(len(regions)))
    for number, region in enumerate(regions):
        lines += _block(truth, instrument, region, comment=comment, day=day, number=number)
    lines.append("end of experiment")
    return ("\r\n".join(lines) + "\r\n").encode("ascii")


def _block(
    truth: SurfaceTruth,
    instrument: PhotoelectronSpectrometer,
    region: MeasuredRegion,
    *,
    comment: str,
    day: datetime.date,
    number: int,
) -> list[str]:
    element, _, orbital = region.plan.level.partition(" ")
    start = instrument.source_energy_eV - float(region.binding_energy_eV[0])
    head = [region.plan.level, truth.name, str(day.year), str(day.month), str(day.day), "12", "0", "0", "0"]
    head += [
        "1",
        comment,
        "XPS",
        str(number),
        "Al K alpha",
        f"{instrument.source_energy_eV:.4f}",
        "150",
        "0",
        "0",
        "54.7",
        "0",
    ]
    head += ["FAT", f"{instrument.pass_energy_eV:g}", "1E+37", "0", "0", "0", "0", "0", "0", element, orbital, "-1"]
    head += [
        "Kinetic Energy",
        "eV",
        f"{start:.4f}",
        f"{instrument.step_eV:.4f}",
        "2",
        "Intensity",
        "d",
        "Transmission",
        "d",
    ]
    head += ["pulse counting", f"{instrument.dwell_s:g}", str(instrument.sweeps), "0", "0", "0", "0", "0"]
    head.append(str(2 * len(region.counts)))
    ends = (region.counts.min(), region.counts.max(), region.transmission.min(), region.transmission.max())
    head += [f"{value:.6g}" for value in ends]
    values = [
        text
        for count, transmission in zip(region.counts, region.transmission, strict=True)
        for text in (f"{count:.0f}", f"{transmission:.6f}")
    ]
    return head + values


def lzp_pellet(*, is_cycled: bool, charge_shift_eV: float = 2.4, reacted_share: float = 0.45) -> SurfaceTruth:
    """The surface of a LiZr2(PO4)3 pellet, pristine or after cycling against lithium as El-Shinawi 2018 found it.

    ``reacted_share`` of the Zr has become the state at 181.6 eV, called Li8ZrO6 there, with eight Li and six O a Zr; the phosphorus that
    is left over has become the state at 133.4 eV, which that paper calls Li3P and whose energy is that of a phosphate.
    """
    zr, share = 2.0, reacted_share if is_cycled else 0.0
    p, o = 3.0, 12.0
    states = [
        StateTruth(name="LZP", level="Zr 3d", binding_energy_eV=184.0, atoms_relative=zr * (1 - share)),
        StateTruth(name="LZP", level="P 2p", binding_energy_eV=134.2, atoms_relative=p * (1 - share)),
        StateTruth(name="P 2s", level="P 2s", binding_energy_eV=191.6, atoms_relative=p, gauss_fwhm_eV=2.2),
        StateTruth(name="LZP", level="O 1s", binding_energy_eV=532.37, atoms_relative=o * (1 - share)),
        StateTruth(
            name="LZP", level="Li 1s", binding_energy_eV=56.0, atoms_relative=1.0 * (1 - share), gauss_fwhm_eV=1.5
        ),
        StateTruth(name="Zr 4s", level="Zr 4s", binding_energy_eV=52.5, atoms_relative=zr, gauss_fwhm_eV=2.6),
        StateTruth(name="C-C", level="C 1s", binding_energy_eV=285.0, atoms_relative=4.0, gauss_fwhm_eV=1.2),
        StateTruth(name="C-O", level="C 1s", binding_energy_eV=286.6, atoms_relative=0.9, gauss_fwhm_eV=1.2),
    ]
    if is_cycled:
        reacted = zr * share
        states += [
            StateTruth(name="reacted Zr", level="Zr 3d", binding_energy_eV=181.6, atoms_relative=reacted),
            StateTruth(name="low P", level="P 2p", binding_energy_eV=133.4, atoms_relative=p * share),
            StateTruth(name="oxide", level="O 1s", binding_energy_eV=530.0, atoms_relative=6.0 * reacted),
            StateTruth(
                name="Li oxide", level="Li 1s", binding_energy_eV=55.4, atoms_relative=8.0 * reacted, gauss_fwhm_eV=1.5
            ),
        ]
    name = "LZP pellet, cycled" if is_cycled else "LZP pellet, pristine"
    return SurfaceTruth(name=name, states=tuple(states), charge_shift_eV=charge_shift_eV)


def lzp_regions(charge_shift_eV: float = 2.4) -> tuple[RegionPlan, ...]:
    """The regions that are measured on such a pellet, wide enough for a background on either side."""
    windows = (
        ("C 1s", 279.0, 294.0),
        ("O 1s", 522.0, 541.0),
        ("P 2p", 125.0, 143.0),
        ("Zr 3d", 175.0, 195.0),
        ("Li 1s", 44.0, 66.0),
    )
    return tuple(
        RegionPlan(level=level, low_eV=low + charge_shift_eV, high_eV=high + charge_shift_eV)
        for level, low, high in windows
    )
