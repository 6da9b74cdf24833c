"""Peaks of one phase: positions, widths, intensities, and how each parameter moves them."""

from __future__ import annotations

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array
from pelletry.techniques.diffraction.model.grid import LOCAL_ROWS
from pelletry.techniques.diffraction.model.instrument import Instrument
from pelletry.techniques.diffraction.model.options import RefineOptions
from pelletry.techniques.diffraction.model.parameters import Parameters
from pelletry.techniques.diffraction.model.radiation import Line
from pelletry.techniques.diffraction.model.scattering import StructureFactors
from pelletry.techniques.diffraction.model.shape import QuarticStrain, cosines2_to_axis, march_dollase
from pelletry.techniques.diffraction.model.structure import Structure, reciprocal_metric
from pelletry.techniques.diffraction.model.symmetry import Reflections, cell_basis

__all__ = ["FREE_INTENSITY", "PEAK_GLOBALS", "PeakTable", "PhaseModel"]

_DEG = 180.0 / np.pi
_LEAST_HG2 = 1e-6
_LEAST_HL = 1e-7
FREE_INTENSITY = ":I"
PEAK_GLOBALS = ("zero_deg", "displacement_m", "transparency_deg", "U", "V", "W", "X", "Y", "axial", "mu_t")


@attrs.frozen(kw_only=True, eq=False)
class PeakTable:
    """Peaks of a phase, line after line, shape (lines * m,), and the derivatives that :func:`kernels.accumulate` wants."""

    two_theta: Array
    centre: Array
    intensity: Array
    hg2: Array
    hl: Array
    coefficients: Array
    columns: npt.NDArray[np.int64]
    floored: int


class PhaseModel:
    """One phase: its reflections, its own parameters in ``parameters`` (named ``phase:...``) and its peaks at any values."""

    def __init__(
        self,
        structure: Structure,
        reflections: Reflections,
        *,
        instrument: Instrument,
        lines: tuple[Line, ...],
        options: RefineOptions,
        parameters: Parameters,
    ) -> None:
        self.structure, self.reflections, self.lines = structure, reflections, lines
        self.name = structure.name
        self.broadening = 0.0  # added to U while cells may be wrong
        self.is_le_bail = not structure.sites or structure.name in options.le_bail
        self._wavelengths = np.array([line.wavelength_angstrom for line in lines])[:, None]
        self._line_widths = np.array([2.0 * _DEG * line.width_angstrom / line.wavelength_angstrom for line in lines])[
            :, None
        ]
        self._polarisation = instrument.radiation.polarisation
        self._radius_m = instrument.radius_m or 0.2
        hkl = reflections.hkl
        basis, self.pivots = cell_basis(structure.operations)
        self.basis = basis
        self.squares: Array = np.einsum("mi,kij,mj->mk", hkl, basis, hkl)
        self.factors = None if self.is_le_bail else StructureFactors(structure, hkl, lines[0].wavelength_angstrom)
        self._parameters = parameters
        self._add_parameters(parameters, instrument, options)
        self.refer_to_cell(self.metric(parameters.values))

    def _add_parameters(self, parameters: Parameters, instrument: Instrument, options: RefineOptions) -> None:
        name, metric = self.name, reciprocal_metric(self.structure.cell)
        parts = (metric[0, 0], metric[1, 1], metric[2, 2], metric[0, 1], metric[0, 2], metric[1, 2])
        self.scale = parameters.add(f"{name}:scale", 1.0, lower=0.0)
        self.cell = [
            parameters.add(f"{name}:cell{k}", float(parts[pivot]), lower=0.0 if pivot < 3 else -np.inf)
            for k, pivot in enumerate(self.pivots)
        ]
        self.B_shift = parameters.add(f"{name}:B", 0.0, lower=-5.0, upper=15.0)
        self.size = parameters.add(f"{name}:X", 0.0, lower=0.0, upper=5.0)
        self.strain = parameters.add(f"{name}:Y", 0.0, lower=0.0, upper=10.0)
        self.direction = self.march = None
        self._size_axis = options.size_axis
        self.texture_axis: tuple[int, int, int] | None = None
        if options.size_strain == "direction":
            self.direction = parameters.add(f"{name}:X_along", 0.0, lower=-5.0, upper=5.0)
        self.quartic = (
            QuarticStrain(self.reflections.hkl, self.structure.operations)
            if options.size_strain == "stephens"
            else None
        )
        self.quartics: list[int] = []
        if self.quartic is not None:
            start = self.quartic.isotropic(metric, 0.02)
            self.quartics = [parameters.add(f"{name}:{n}", v) for n, v in zip(self.quartic.names, start, strict=True)]
        for texture in options.texture:
            if texture.phase == name:
                self.texture_axis = texture.axis
                self.march = parameters.add(f"{name}:march", 1.0, lower=0.1, upper=5.0)
        self.intensities: list[int] = []
        if self.is_le_bail:
            self.intensities = [
                parameters.add(f"{name}{FREE_INTENSITY}{k}", 1.0, lower=0.0) for k in range(len(self.reflections.hkl))
            ]
        self.shifts: list[int] = []
        self.thermal: list[int] = []
        if self.factors is not None:
            for place in self.factors.places:
                for vector in place.shifts:
                    letter = "xyz"[int(np.flatnonzero(np.abs(vector) > 0.5)[0])]
                    self.shifts.append(parameters.add(f"{name}:{place.label}.{letter}", 0.0, lower=-0.2, upper=0.2))
            for place in self.factors.places:
                self.thermal.append(
                    parameters.add(f"{name}:B({place.label})", place.B_iso_angstrom2, lower=-2.0, upper=20.0)
                )

    @property
    def le_bail_intensity(self) -> Array:
        """Free intensities of the reflections, kept among the parameters; empty for a phase with coordinates."""
        kept: Array = self._parameters.values[self.intensities]
        return kept

    @le_bail_intensity.setter
    def le_bail_intensity(self, intensities: Array) -> None:
        self._parameters.values[self.intensities] = intensities

    def is_angle(self, k: int) -> bool:
        """Whether the cell's k-th parameter is an off-diagonal part of the reciprocal metric."""
        return self.pivots[k] >= 3

    def metric(self, values: Array) -> Array:
        """Reciprocal metric (3, 3) at ``values``."""
        found: Array = np.einsum("k,kij->ij", values[self.cell], self.basis)
        return found

    def refer_to_cell(self, metric: Array) -> None:
        """Angles to texture and size axes are those of this cell; a cell moves them negligibly while it refines."""
        operations, hkl = self.structure.operations, self.reflections.hkl
        self._march_cosines2 = (
            cosines2_to_axis(hkl, self.texture_axis, metric, operations) if self.texture_axis is not None else None
        )
        self._size_cosines2: Array | None = None
        if self.direction is not None:
            self._size_cosines2 = cosines2_to_axis(hkl, self._size_axis, metric, operations).mean(axis=1)

    def peaks(
        self,
        values: Array,
        row: npt.NDArray[np.int64],
        factor: Array,
        globals_at: dict[str, int],
        *,
        weights_at: list[int],
        with_slopes: bool,
    ) -> PeakTable:
        """Peaks at ``values``; slopes for parameters with a ``row`` >= 0, scaled by ``factor``."""
        return _Evaluation(self, values, globals_at, weights_at).table(row, factor, with_slopes)


class _Evaluation:
    """One computation of a phase's peaks; arrays are (lines, reflections) until they are flattened."""

    def __init__(self, model: PhaseModel, values: Array, globals_at: dict[str, int], weights_at: list[int]) -> None:
        self.m, self.v, self.at, self.weights_at = model, values, globals_at, weights_at
        self.inverse_d2 = model.squares @ values[model.cell]
        safe = np.maximum(self.inverse_d2, 1e-9)
        sine = 0.5 * model._wavelengths * np.sqrt(safe)
        self.is_real = (sine < 0.9995) & (self.inverse_d2 > 1e-6)
        self.sine = np.clip(sine, 1e-4, 0.9995)
        self.theta = np.arcsin(self.sine)
        self.cosine = np.cos(self.theta)
        self.tangent = self.sine / self.cosine
        self.inverse_d2 = safe
        self.s2 = 0.25 * safe
        self._positions(values)
        self._widths(values)

    def g(self, name: str) -> float:
        return float(self.v[self.at[name]])

    def _positions(self, values: Array) -> None:
        self.two_theta = 2.0 * self.theta * _DEG
        self.per_displacement = -2.0 / self.m._radius_m * _DEG * self.cosine
        self.per_transparency = -2.0 * self.sine * self.cosine
        self.centre = (
            self.two_theta
            + self.g("zero_deg")
            + self.g("displacement_m") * self.per_displacement
            + self.g("transparency_deg") * self.per_transparency
        )
        self.shift_by_theta = self.g("displacement_m") * 2.0 / self.m._radius_m * _DEG * self.sine - self.g(
            "transparency_deg"
        ) * 2.0 * (self.cosine**2 - self.sine**2)

    def _widths(self, values: Array) -> None:
        m, t, c = self.m, self.tangent, self.cosine
        u = self.g("U") + m.broadening
        hg2 = u * t * t + self.g("V") * t + self.g("W")
        self.gauss_ok = hg2 > _LEAST_HG2
        self.hg2 = np.where(self.gauss_ok, hg2, _LEAST_HG2)
        by_tangent = 1.0 / (c * c)
        self.hg2_by_theta = np.where(self.gauss_ok, (2.0 * u * t + self.g("V")) * by_tangent, 0.0)
        size = self.g("X") + values[m.size]
        if m.direction is not None and m._size_cosines2 is not None:
            size = size + values[m.direction] * m._size_cosines2
        strain = self.g("Y") + values[m.strain]
        strain = strain + m._line_widths
        hl = size / c + strain * t
        slope = size * t / c + strain * by_tangent
        self.quartic_by_gamma2 = None
        if m.quartic is not None:
            gamma2 = np.maximum(m.quartic.terms @ values[m.quartics], 1e-12)
            gamma = np.sqrt(gamma2) / self.inverse_d2
            hl = hl + gamma * t
            # d^2 = 1/inverse_d2 moves with theta too: d ln d^2 / d theta = -2 / tan(theta)
            slope = slope + gamma * (by_tangent - 2.0)
            self.quartic_by_gamma2 = 0.5 * gamma * t / gamma2
        # At zero the slope stays, else a width that once touched its bound could never grow again.
        self.lorentz_ok = hl > -_LEAST_HL
        self.hl = np.maximum(hl, _LEAST_HL)
        self.hl_by_theta = np.where(self.lorentz_ok, slope, 0.0)

    def _intensities(self, with_positions: bool) -> None:
        m, v = self.m, self.v
        a = m._polarisation
        cos2, sin2 = self.cosine**2 - self.sine**2, 2.0 * self.sine * self.cosine
        top = 1.0 + a * cos2 * cos2
        lp = top / (self.sine**2 * self.cosine)
        by_theta = -4.0 * a * cos2 * sin2 / top - 2.0 / self.tangent + self.tangent
        mu_t = self.g("mu_t")
        self.absorbed_slope = None
        if mu_t > 0.0:
            through = np.exp(-2.0 * mu_t / self.sine)
            kept = 1.0 - through
            by_theta = by_theta - through * 2.0 * mu_t * self.cosine / self.sine**2 / kept
            self.absorbed_slope = through * 2.0 / self.sine / kept
            lp = lp * kept
        weights = np.array([1.0, *v[self.weights_at]])[:, None]
        geometry: Array = np.where(self.is_real, lp, 0.0) * m.reflections.multiplicity
        if m._march_cosines2 is not None and m.march is not None:
            texture, self.texture_slope = march_dollase(m._march_cosines2, float(v[m.march]))
            self.texture = texture
            geometry = geometry * texture
        thermal = np.exp(-2.0 * v[m.B_shift] * self.s2)
        self.unweighted = geometry * thermal
        self.base = self.unweighted * weights  # times scale and F2: the intensity
        self.log_by_theta = by_theta
        if m.factors is None:
            self.f2, self.slopes = v[m.intensities], None
        else:
            self.slopes = m.factors.evaluate(self.s2, v[m.shifts], v[m.thermal], with_positions=with_positions)
            self.f2 = self.slopes.f2
        self.scale = float(v[m.scale])
        self.intensity = self.scale * self.base * self.f2

    def table(self, row: npt.NDArray[np.int64], factor: Array, with_slopes: bool) -> PeakTable:
        m = self.m
        free = [i for i in self._own(row) if row[i] >= 0] if with_slopes else []
        self._intensities(with_positions=any(row[i] >= 0 for i in m.shifts) if with_slopes else False)
        coefficients = np.zeros((len(free), *self.theta.shape, LOCAL_ROWS))
        if free:
            slot = {index: c for c, index in enumerate(free)}
            self._fill(coefficients, slot)
            coefficients *= factor[free][:, None, None, None]
        flat = [
            np.ascontiguousarray(a.ravel()) for a in (self.two_theta, self.centre, self.intensity, self.hg2, self.hl)
        ]
        return PeakTable(
            two_theta=flat[0],
            centre=flat[1],
            intensity=flat[2],
            hg2=flat[3],
            hl=flat[4],
            coefficients=coefficients.reshape(len(free), self.theta.size, LOCAL_ROWS),
            columns=row[free].astype(np.int64),
            floored=int(np.count_nonzero(~self.gauss_ok & self.is_real)),
        )

    def _own(self, row: npt.NDArray[np.int64]) -> list[int]:
        m = self.m
        single = [i for i in (m.direction, m.march) if i is not None]
        return [
            *self.at.values(),
            *self.weights_at,
            m.scale,
            *m.cell,
            m.B_shift,
            m.size,
            m.strain,
            *single,
            *m.quartics,
            *m.intensities,
            *m.shifts,
            *m.thermal,
        ]

    def _fill(self, out: Array, slot: dict[int, int]) -> None:
        m, at, i = self.m, self.at, self.intensity

        def put(index: int | None, local: int, value: Array | float) -> None:
            if index is not None and index in slot:
                out[slot[index], ..., local] = value

        t, c = self.tangent, self.cosine
        gauss, lorentz = np.where(self.gauss_ok, i, 0.0), np.where(self.lorentz_ok, i, 0.0)
        put(at["zero_deg"], 1, i)
        put(at["displacement_m"], 1, i * self.per_displacement)
        put(at["transparency_deg"], 1, i * self.per_transparency)
        put(at["U"], 3, gauss * t * t)
        put(at["V"], 3, gauss * t)
        put(at["W"], 3, gauss)
        for index in (at["X"], m.size):
            put(index, 4, lorentz / c)
        for index in (at["Y"], m.strain):
            put(index, 4, lorentz * t)
        if m._size_cosines2 is not None:
            put(m.direction, 4, lorentz / c * m._size_cosines2)
        if m.quartic is not None and self.quartic_by_gamma2 is not None:
            for n, index in enumerate(m.quartics):
                put(index, 4, lorentz * self.quartic_by_gamma2 * m.quartic.terms[:, n])
        put(at["axial"], 5, i)
        if self.absorbed_slope is not None:
            put(at["mu_t"], 0, i * self.absorbed_slope)
        for n, index in enumerate(self.weights_at):
            if index in slot:
                out[slot[index], n + 1, :, 0] = self.scale * self.unweighted[n + 1] * self.f2
        put(m.scale, 0, self.base * self.f2)
        put(m.B_shift, 0, -2.0 * self.s2 * i)
        if m._march_cosines2 is not None:
            put(m.march, 0, i / self.texture * self.texture_slope)
        self._fill_structure(put, out, slot)
        self._fill_cell(out, slot)

    def _fill_structure(self, put, out: Array, slot: dict[int, int]) -> None:  # type: ignore[no-untyped-def]
        outer = self.scale * self.base
        for n, index in enumerate(self.m.intensities):
            if index in slot:
                out[slot[index], :, n, 0] = outer[:, n]
        if self.slopes is None:
            return
        for n, index in enumerate(self.m.shifts):
            if index in slot:
                put(index, 0, outer * self.slopes.by_shift[n])
        for n, index in enumerate(self.m.thermal):
            if index in slot:
                put(index, 0, outer * self.slopes.by_B[n])

    def _fill_cell(self, out: Array, slot: dict[int, int]) -> None:
        cells = [(n, slot[index]) for n, index in enumerate(self.m.cell) if index in slot]
        if not cells:
            return
        i = self.intensity
        theta_by_d = self.tangent / (2.0 * self.inverse_d2)
        by_d = i * (self.log_by_theta * theta_by_d - 0.5 * self.v[self.m.B_shift])
        if self.slopes is not None:
            by_d = by_d + 0.25 * self.scale * self.base * self.slopes.by_s2
        local = (
            by_d,
            i * self.shift_by_theta * theta_by_d,
            i * 2.0 * _DEG * theta_by_d,
            i * self.hg2_by_theta * theta_by_d,
            i * self.hl_by_theta * theta_by_d,
        )
        for n, place in cells:
            for r, values in enumerate(local):
                out[place, ..., r] = values * self.m.squares[:, n]
