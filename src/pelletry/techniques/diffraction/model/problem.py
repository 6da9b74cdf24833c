"""The whole calculated pattern of several phases as a function of its parameters, with analytic derivatives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.errors import MissingFactError
from pelletry.techniques.diffraction.model.background import Background
from pelletry.techniques.diffraction.model.beam_path import rays_of
from pelletry.techniques.diffraction.model.gemmi_door import load_kernels
from pelletry.techniques.diffraction.model.grid import Grid, grid_of
from pelletry.techniques.diffraction.model.instrument import Instrument
from pelletry.techniques.diffraction.model.options import RefineOptions
from pelletry.techniques.diffraction.model.parameters import Parameters
from pelletry.techniques.diffraction.model.peaks import PeakTable, PhaseModel
from pelletry.techniques.diffraction.model.radiation import KBETA_ANGSTROM, TUNGSTEN_L_ANGSTROM, Line
from pelletry.techniques.diffraction.model.restraints import Restraints
from pelletry.techniques.diffraction.model.structure import Structure
from pelletry.techniques.diffraction.model.symmetry import reflections_of

__all__ = ["Problem", "lines_of"]

_MARGIN_DEG = 2.0
_CELL_SLACK = 1.02
_LEAST_W = 1e-5
_FAR_ENOUGH_DEG = 120.0  # below, sin(2 theta) goes with the displacement's cos(theta)
_LEAST_AXIAL = 0.002  # its effect goes with the square: at zero it could never grow again


def lines_of(instrument: Instrument, options: RefineOptions) -> tuple[Line, ...]:
    """The tube's lines and the residual ones asked for, with a small start weight."""
    lines = list(instrument.radiation.lines)
    anode = instrument.radiation.name.split()[0]
    if "Kb" in options.extra_lines:
        if anode not in KBETA_ANGSTROM:
            raise MissingFactError(f"the K-beta line of '{anode}' is not known", do="leave the extra line out")
        lines.append(Line(name="Kb", wavelength_angstrom=KBETA_ANGSTROM[anode], weight=0.005 * lines[0].weight))
    if "W" in options.extra_lines:
        lines.append(Line(name="W", wavelength_angstrom=TUNGSTEN_L_ANGSTROM, weight=0.005 * lines[0].weight))
    return tuple(lines)


def _axial_start(instrument: Instrument) -> float:
    """S/L as a standard gave it, else as the path of the beam has it."""
    if instrument.beam_path is None or instrument.axial_divergence > 0.0:
        return instrument.axial_divergence
    return instrument.beam_path.axial_divergence


class Problem:
    """Everything fixed during one refinement; ``evaluate`` gives the curve and its derivatives on the fitted points."""

    def __init__(
        self,
        two_theta_deg: Array,
        structures: Sequence[Structure],
        instrument: Instrument,
        options: RefineOptions,
        *,
        background_terms: int,
    ) -> None:
        self.kernels = load_kernels()
        self.nodes, self.weights = self.kernels.legendre_table()
        self.rays = rays_of(instrument.beam_path)
        self.grid: Grid = grid_of(two_theta_deg)
        self.x: Array = self.grid.x[: self.grid.points]
        self.instrument, self.options = instrument, options
        self.lines = lines_of(instrument, options)
        self.parameters = Parameters()
        self.globals_at = self._add_globals(instrument, options)
        self.phases = [self._phase(structure) for structure in structures]
        self.background = Background(
            self.x,
            low=float(self.x[0]),
            high=float(self.x[-1]),
            terms=background_terms,
            kind=options.background,
            nodes_deg=options.background_nodes_deg,
            has_air=options.has_air_term,
            humps=options.humps,
            parameters=self.parameters,
        )
        self._frames: dict[str, Array] | None = None
        self.restraints = Restraints(self.phases, options.restraints)
        self.evaluations = 0
        self.floored = 0

    @property
    def refines_transparency(self) -> bool:
        """Whether the shift with sin(2 theta) is refined: as the options say, else where the other shifts are known and it can be seen."""
        wanted = self.options.refine_transparency
        if wanted is None:
            return self.instrument.beam_path is not None and float(self.x[-1]) > _FAR_ENOUGH_DEG
        return wanted

    def _add_globals(self, instrument: Instrument, options: RefineOptions) -> dict[str, int]:
        p = self.parameters
        at = {
            "zero_deg": p.add("zero_deg", instrument.zero_deg, lower=-2.0, upper=2.0),
            "displacement_m": p.add("displacement_m", 0.0, lower=-2e-3, upper=2e-3),
            "transparency_deg": p.add("transparency_deg", 0.0, lower=-0.5, upper=0.5),
            "U": p.add("U", instrument.U, lower=min(0.0, instrument.U), upper=5.0),
            "V": p.add("V", instrument.V, lower=-5.0, upper=5.0),
            "W": p.add("W", instrument.W, lower=min(_LEAST_W, instrument.W), upper=5.0),
            "X": p.add("X", instrument.X, lower=0.0, upper=5.0),
            "Y": p.add("Y", instrument.Y, lower=0.0, upper=10.0),
            "axial": p.add("axial", _axial_start(instrument), lower=_LEAST_AXIAL, upper=0.15),
            "mu_t": p.add("mu_t", options.absorption_mu_t or 0.0, lower=0.0, upper=50.0),
        }
        first = self.lines[0].weight
        self.weights_at = [
            p.add(f"line:{line.name}", line.weight / first, lower=0.0, upper=2.0) for line in self.lines[1:]
        ]
        names = {line.name for line in self.lines}
        for line in self.lines:
            if line.follows in names and line.follows != self.lines[0].name:
                p.tie((f"line:{line.follows}", f"line:{line.name}"))
        return at

    def _phase(self, structure: Structure) -> PhaseModel:
        shortest = min(line.wavelength_angstrom for line in self.instrument.radiation.lines)
        top = min(float(self.x[-1]) + _MARGIN_DEG, 178.0)
        d_min = shortest / (2.0 * np.sin(np.radians(0.5 * top))) / _CELL_SLACK
        reflections = reflections_of(structure.operations, structure.cell, float(np.round(d_min, 4)))
        if not len(reflections.hkl):
            raise MissingFactError(
                f"{structure.name} has no reflection in this range",
                do="measure to a higher angle or leave the phase out",
            )
        return PhaseModel(
            structure,
            reflections,
            instrument=self.instrument,
            lines=self.lines,
            options=self.options,
            parameters=self.parameters,
        )

    def peak_table(self, phase: PhaseModel, values: Array, *, with_slopes: bool = False) -> PeakTable:
        """Peaks of one phase at full ``values``."""
        p = self.parameters
        return phase.peaks(
            values,
            p.row,
            p.factor,
            self.globals_at,
            weights_at=self.weights_at,
            with_slopes=with_slopes,
        )

    def hold_frames(self, is_held: bool) -> None:
        """Keep for each peak the points it is summed on, so that the curve is smooth in every parameter (for tests)."""
        self._frames = {} if is_held else None

    def _frames_of(self, phase: PhaseModel, table: PeakTable, axial: float) -> Array:
        if self._frames is not None and phase.name in self._frames:
            return self._frames[phase.name]
        found: Array = self.kernels.frames_of(table.two_theta, table.centre, table.hg2, table.hl, axial, self.rays)
        if self._frames is not None:
            self._frames[phase.name] = found
        return found

    def _accumulate(
        self, phase: PhaseModel, table: PeakTable, axial: float, total: Array, jacobian: Array, with_slopes: bool
    ) -> None:
        g = self.grid
        self.kernels.accumulate(
            g.x, g.points, g.left1, g.right1, g.first1, g.left2, g.right2, g.first2, g.span, self.nodes, self.weights, self.rays,
            self._frames_of(phase, table, axial), table.two_theta, table.centre, table.intensity, table.hg2, table.hl, axial,
            table.coefficients, table.columns, total, jacobian, with_slopes,
        )  # fmt: skip

    def _spread(self, curves: Array) -> None:
        g = self.grid
        self.kernels.spread(curves, g.points, g.first1, g.first2, g.small, g.large)

    def evaluate(self, reduced: Array, *, with_slopes: bool = True) -> tuple[Array, Array]:
        """The calculated curve (n,) and its derivatives (free, n) at a reduced vector."""
        self.evaluations += 1
        values = self.parameters.full(reduced)
        rows = reduced.size if with_slopes else 0
        curves = np.zeros((rows + 1, self.grid.x.size))
        axial = float(values[self.globals_at["axial"]])
        self.floored = 0
        for phase in self.phases:
            table = self.peak_table(phase, values, with_slopes=with_slopes)
            self.floored += table.floored
            self._accumulate(phase, table, axial, curves[rows], curves, with_slopes)
        self._spread(curves)
        n = self.grid.points
        total, jacobian = curves[rows, :n], curves[:rows, :n]
        self.background.add_to(values, total)
        if with_slopes:
            self.background.fill(values, self.parameters.row, self.parameters.factor, jacobian)
        return total, jacobian

    def background_curve(self) -> Array:
        """The background at the kept values, shape (n,)."""
        return self.background.add_to(self.parameters.values, np.zeros(self.grid.points))

    def contribution(self, phase: PhaseModel) -> Array:
        """One phase's part of the curve at the kept values, shape (n,)."""
        curves = np.zeros((1, self.grid.x.size))
        values = self.parameters.values
        table = self.peak_table(phase, values)
        self._accumulate(phase, table, float(values[self.globals_at["axial"]]), curves[0], curves, False)
        self._spread(curves)
        return curves[0, : self.grid.points]

    def broaden(self, phases: Iterable[PhaseModel], broadening_deg2: float) -> None:
        """Widen the peaks of these phases in proportion to tan(theta); 0 takes it away."""
        for phase in phases:
            phase.broadening = broadening_deg2

    def free(self, names: Iterable[str]) -> None:
        """Free exactly these parameters."""
        self.parameters.set_free(names)

    def move_to(self, two_theta_deg: Array) -> None:
        """Calculate on other points of the same range from now on."""
        self.grid = grid_of(two_theta_deg)
        self.x = self.grid.x[: self.grid.points]
        self.background.move_to(self.x)

    def moved_to(self, two_theta_deg: Array) -> Array:
        """Contributions of the phases and last the background at the kept values on other points, shape (phases + 1, n)."""
        kept = self.grid, self.x, self._frames
        self.grid, self._frames = grid_of(two_theta_deg), None
        self.x = self.grid.x[: self.grid.points]
        curves = [self.contribution(phase) for phase in self.phases]
        self.grid, self.x, self._frames = kept
        return np.array([*curves, self.background.on(two_theta_deg, self.parameters.values)])

    def observed_over_calculated(
        self,
        phase: PhaseModel,
        table: PeakTable,
        observed: Array,
        calculated: Array,
        background: Array,
        reach: float = 3.0,
    ) -> Array:
        """For each reflection the ratio of observed to calculated intensity, points shared out in proportion to the model."""
        noise = 1e-6 * float(np.max(np.abs(calculated - background)) + np.max(np.abs(observed)))
        model = calculated - background
        ratio = np.where(model > noise, np.clip((observed - background) / np.maximum(model, noise), 0.0, 20.0), 1.0)
        above, below = np.zeros(table.centre.size), np.zeros(table.centre.size)
        axial = float(self.parameters.values[self.globals_at["axial"]])
        self.kernels.le_bail_shares(
            self.x, self.nodes, self.weights, self.rays, table.two_theta, table.centre, table.hg2, table.hl, axial, ratio,
            reach, above, below,
        )  # fmt: skip
        shape = (len(self.lines), len(phase.reflections.hkl))
        strength = np.abs(table.intensity.reshape(shape)) + 1e-300
        top = (above.reshape(shape) * strength).sum(axis=0)
        bottom = (below.reshape(shape) * strength).sum(axis=0)
        factor: Array = np.where(bottom > 0.0, top / np.where(bottom > 0.0, bottom, 1.0), 1.0)
        return factor

    def update_le_bail(self, observed: Array, calculated: Array) -> None:
        """One step of Le Bail's partition for the phases whose intensities are free."""
        background = self.background_curve()
        for phase in self.phases:
            if phase.is_le_bail:
                table = self.peak_table(phase, self.parameters.values)
                factor = self.observed_over_calculated(phase, table, observed, calculated, background)
                least = 1e-9 * float(phase.le_bail_intensity.max())
                phase.le_bail_intensity = np.maximum(phase.le_bail_intensity * factor, least)
