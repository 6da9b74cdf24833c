"""What the analysis of a sample's spectra gives: everything tables, figures and ``trace`` show, as plain data."""

from __future__ import annotations

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array, ComplexArray, array_field
from pelletry.core.facts import Fact
from pelletry.core.finding import Finding
from pelletry.core.provenance import Lineage, Origin
from pelletry.core.quantity import Estimate, Quantity, Reported
from pelletry.techniques.impedance.model.arrhenius import ArrheniusFit
from pelletry.techniques.impedance.model.breakpoint import BreakTest
from pelletry.techniques.impedance.model.conductivity import Budget

__all__ = [
    "PARTS",
    "ArealResistance",
    "CircuitCompared",
    "Consistency",
    "ImpedanceResult",
    "MaskedPoint",
    "ModelEnergy",
    "ParameterResult",
    "PartAtTemperature",
    "PartLine",
    "PathElement",
    "RangeLine",
    "SpectrumResult",
    "WithheldNumber",
    "parameter_quantity",
]

#: What a resistance may stand for, in the order tables show it, with its words.
PARTS: dict[str, str] = {"bulk": "bulk", "grain_boundary": "grain boundary", "total": "total"}


def parameter_quantity(name: str) -> str:
    """The name under which a circuit parameter is reported: ``resistance_R1``, ``parameter_Q1``."""
    return f"resistance_{name}" if name.startswith("R") else f"parameter_{name}"


@attrs.frozen(kw_only=True)
class MaskedPoint:
    """A point that was left out of the fit, or is proposed to be (``is_left_out`` False), and why.

    ``source`` is ``settings`` (the frequency window), ``proposal`` (found by the program) or ``decision`` (a person).
    """

    frequency_Hz: float
    real_ohm: float
    imaginary_ohm: float
    reason: str
    source: str
    is_left_out: bool


@attrs.frozen(kw_only=True)
class Consistency:
    """Lin-KK: residuals (Z - Z_KK)/|Z| at all finite points of the window; ``worst_fraction`` is the largest part of one."""

    frequency_Hz: Array = array_field(unit="Hz")
    residual: ComplexArray = array_field(dtype=np.complex128)
    rc_count: int
    mu: float
    rms_fraction: float
    worst_fraction: float
    sentence: str


@attrs.frozen(kw_only=True)
class ParameterResult:
    """One parameter of the circuit. An unresolved one keeps its reason; ``fitted`` is where the fit ended, for redrawing."""

    name: str
    kind: str
    unit: str
    quantity: Quantity
    fitted: float


@attrs.frozen(kw_only=True)
class PathElement:
    """One resistance on the way of the current, with its capacitance when it has an arc, and what it stands for.

    ``capacitance_per_cell`` is C l/A scaled to a cell constant of 1 cm^-1, as the Irvine-Sinclair-West ranges are;
    Unresolved without the pellet's geometry. ``part`` is bulk, grain_boundary, layer, electrode or undecided.
    """

    name: str
    resistance: Quantity
    q: Quantity | None = None
    n: Quantity | None = None
    capacitance: Quantity | None = None
    capacitance_per_cell: Quantity | None = None
    peak_frequency: Quantity | None = None
    part: str
    reason: str


@attrs.frozen(kw_only=True)
class CircuitCompared:
    """One circuit that was tried. ``aicc`` is summed over the spectra; smaller is better."""

    circuit: str
    aicc: float
    aicc_difference: float
    rms_fraction: float
    unresolved: tuple[str, ...]
    is_chosen: bool
    reason: str


@attrs.frozen(kw_only=True)
class SpectrumResult:
    """One spectrum: data, consistency, window, fit. Arrays run over all points of the file; ``is_used`` marks the fitted.

    ``residual`` is (Z - Z_fit)/|Z|. ``temperature_K`` None: not known; ``temperature_is_confirmed`` False: read from a name.
    """

    name: str
    origin: Origin
    temperature_K: float | None
    temperature_source: str
    temperature_is_confirmed: bool
    frequency_Hz: Array = array_field(unit="Hz")
    impedance_ohm: ComplexArray = array_field(dtype=np.complex128, unit="ohm")
    is_used: npt.NDArray[np.bool_] = array_field(dtype=np.bool_)
    fitted_ohm: ComplexArray = array_field(dtype=np.complex128, unit="ohm")
    residual: ComplexArray = array_field(dtype=np.complex128)
    circuit: str
    parameters: tuple[ParameterResult, ...]
    path: tuple[PathElement, ...]
    electrode_capacitance: Quantity | None
    resistance_total: Quantity
    consistency: Consistency | None
    masked: tuple[MaskedPoint, ...]
    rms_fraction: float
    chi2_reduced: float
    starts_count: int
    agreeing_count: int
    is_converged: bool
    flags: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    run: str = ""
    turned: str = ""
    role: str = ""
    time_s: float | None = None
    acquisition: str = ""

    @property
    def label(self) -> str:
        """The temperature, with a mark when it is only read from a name; else the name of the spectrum."""
        control = ", control" if self.role == "control" else ""
        if self.temperature_K is None:
            return f"{self.name}{control}"
        # "heating" says by itself what it is; a bare number does not.
        run = f", run {self.run}" if self.run.isdigit() else f", {self.run}" if self.run else ""
        degrees = f"{self.temperature_K - 273.15:.4g} °C{run}{control}"
        return degrees if self.temperature_is_confirmed else f"{degrees} (from name)"

    @property
    def conditions(self) -> tuple[tuple[str, float | str], ...]:
        """The conditions under which quantities of this spectrum are reported."""
        file: tuple[tuple[str, float | str], ...] = (("file", self.origin.path),)
        if self.origin.record:
            file = (*file, ("record", float(self.origin.record)))
        if self.run:
            file = (*file, ("run", self.run))
        if self.role:
            file = (*file, ("role", self.role))
        if self.temperature_K is None:
            return file
        known: tuple[tuple[str, float | str], ...] = (("temperature_K", self.temperature_K),)
        if not self.temperature_is_confirmed:
            known = (*known, ("temperature", "not confirmed"))
        return (*known, *file)


@attrs.frozen(kw_only=True)
class PartAtTemperature:
    """Resistance and conductivity of one part of the pellet in one spectrum. ``log_std`` is that of ln R from the fit."""

    part: str
    spectrum_index: int
    temperature_K: float | None
    resistance: Quantity
    conductivity: Quantity
    log_std: float | None


@attrs.frozen(kw_only=True)
class RangeLine:
    """Arrhenius line of one part on one side of known transitions, which leave the range ``low_K`` to ``high_K`` (infinite where it is open).

    ``energies`` and ``fits`` as in :class:`PartLine`.
    """

    part: str
    low_K: float
    high_K: float
    energies: tuple[tuple[str, Quantity], ...]
    fits: tuple[ArrheniusFit, ...]
    measured_K: tuple[float, float]

    @property
    def is_determined(self) -> bool:
        """Are there three temperatures or more, so that the line has an uncertainty?"""
        return any(isinstance(energy, Estimate) and energy.std is not None for _, energy in self.energies)

    @property
    def words(self) -> str:
        """The range that was measured, ``-20 to 40 °C``."""
        low, high = (t - 273.15 for t in self.measured_K)
        return f"{low:.4g} to {high:.4g} °C"


@attrs.frozen(kw_only=True)
class PartLine:
    """Arrhenius line of one part: both conventions of the same points, break test, conductivity at the reference temperature.

    ``energies`` has the convention's own first; a value that may not be given is Unresolved with its reason. ``ranges`` are the lines on
    either side of the known transitions inside the measured range, from the coldest; then the conductivity at the reference temperature is that
    of its own side, where that side has a line.
    """

    part: str
    energies: tuple[tuple[str, Quantity], ...]
    fits: tuple[ArrheniusFit, ...]
    break_test: BreakTest | None
    reference_temperature_K: float
    reference_conductivity: Quantity
    reference_is_extrapolated: bool
    reference_sentence: str
    geometry_relative_std: float | None
    ranges: tuple[RangeLine, ...] = ()

    def energy(self, convention: str) -> Quantity | None:
        """The energy in a convention."""
        return dict(self.energies).get(convention)

    @property
    def range_of_reference(self) -> RangeLine | None:
        """The side of the known transitions on which the reference temperature lies, where that side has a line with an uncertainty."""
        reference_K = self.reference_temperature_K
        sides = (one for one in self.ranges if one.low_K <= reference_K < one.high_K and one.is_determined)
        return next(sides, None)


@attrs.frozen(kw_only=True)
class ModelEnergy:
    """The energy of one part under one way of fitting: ``separate`` (each spectrum alone) or ``together``."""

    model: str
    part: str
    convention: str
    energy: Quantity
    note: str = ""


@attrs.frozen(kw_only=True)
class WithheldNumber:
    """A number that was not given, what is missing for it, and what to do."""

    what: str
    missing: str
    do: str


@attrs.frozen(kw_only=True)
class ArealResistance:
    """A resistance of a cell times the area of its electrode; ``element`` is the circuit's name of it, or ``total``."""

    spectrum_index: int
    element: str
    resistance_ohm_m2: Quantity


@attrs.frozen(kw_only=True)
class ImpedanceResult:
    """The impedance of one sample over all its spectra, ordered by temperature.

    ``cell`` is empty for a pellet between blocking electrodes. Of a cell that lets a current through (symmetric, full, half)
    there are no ``points`` and no ``lines``: ``cell_sentence`` says why, ``areal`` holds its resistances times area,
    ``control_sentences`` what the comparison with a control cell says. ``rig_sentence`` says what was taken off for the holder.
    """

    sample: str
    quantities: tuple[Reported, ...]
    findings: tuple[Finding, ...]
    facts: tuple[Fact, ...]
    lineage: Lineage
    spectra: tuple[SpectrumResult, ...]
    points: tuple[PartAtTemperature, ...]
    lines: tuple[PartLine, ...]
    models: tuple[ModelEnergy, ...]
    model_sentence: str
    circuits: tuple[CircuitCompared, ...]
    circuit_reason: str
    budget: Budget | None
    budget_temperature_K: float | None
    blocking_sentence: str
    brick_layer_sentence: str
    withheld: tuple[WithheldNumber, ...]
    convention: str
    weighting: str
    cell_constant_per_m: float | None
    geometry_sentence: str
    cell: str = ""
    cell_sentence: str = ""
    areal: tuple[ArealResistance, ...] = ()
    control_sentences: tuple[str, ...] = ()
    rig_sentence: str = ""
    is_simulated: bool = False

    def of_part(self, part: str) -> tuple[PartAtTemperature, ...]:
        """The points of one part, in the order of the spectra."""
        return tuple(point for point in self.points if point.part == part)

    def line(self, part: str) -> PartLine | None:
        """The Arrhenius line of one part."""
        return next((line for line in self.lines if line.part == part), None)
