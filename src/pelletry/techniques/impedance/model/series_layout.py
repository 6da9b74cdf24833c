r"""How one set of numbers describes a whole temperature series: each spectrum's parameters as a linear map of it.

For spectrum i at temperature :math:`T_i`, with :math:`u_i` running from -1 to 1 over the range:

- resistance, law "arrhenius": :math:`\ln R_i = \ln T_i + a + E\,(1/kT_i - 1/kT_0) + \delta_i`, so E is the energy of
  ln(sigma T); :math:`\delta_i` with a normal prior of width s lets each temperature leave the line a little (thermometer,
  contact), law "free": each :math:`\ln R_i` on its own;
- an arc tied by "C": :math:`\ln C_i = c_0 + c_1 u_i`, :math:`n_i = n_0 + n_1 u_i`, slopes with weak priors; by "Q": the same
  for :math:`\ln Q`; by "": both free at each temperature;
- a series inductance: one value; everything else (the blocking leg): free at each temperature.
"""

from __future__ import annotations

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.quantity import Estimate
from pelletry.reference.constants import BOLTZMANN_EV_PER_K
from pelletry.techniques.impedance.model.circuit import Circuit

__all__ = ["ArcTie", "Layout", "SeriesModel", "layout_from_model"]


@attrs.frozen(kw_only=True)
class ArcTie:
    """What an arc keeps over temperature: its capacitance "C", its "Q" (with n), or nothing "". ``drifts``: slopes allowed."""

    kept: str = attrs.field(default="C", validator=attrs.validators.in_(("C", "Q", "")))
    drifts: bool = True


@attrs.frozen(kw_only=True)
class SeriesModel:
    """One way of reading a series; ``ties`` one for each arc, fastest first, the last repeated.

    ``log_capacitance_drift`` and ``exponent_drift`` are the widths of the priors of the slopes, over half the range.
    """

    name: str
    law: str = attrs.field(default="arrhenius", validator=attrs.validators.in_(("arrhenius", "free")))
    ties: tuple[ArcTie, ...] = (ArcTie(),)
    log_capacitance_drift: float = 0.2
    exponent_drift: float = 0.03

    def tie(self, arc: int) -> ArcTie:
        return self.ties[min(max(arc, 0), len(self.ties) - 1)]


@attrs.frozen(kw_only=True, eq=False)
class Layout:
    """``matrix`` (n, p, g) and ``offset`` (n, p): local coordinates of spectrum i are matrix[i] @ common + offset[i].

    Local coordinates are ln R, ln C or ln Q, n, and the circuit's own for all else. ``prior_width`` (g,) is inf where a
    coordinate is free; ``pooled_scale`` (g,) is above 0 for the deviations from the Arrhenius line, their width over s.
    ``energy`` gives for each resistance parameter (by its index) the place of its energy.
    """

    circuit: Circuit
    temperature_K: Array
    matrix: Array
    offset: Array
    prior_width: Array
    pooled_scale: Array
    energy: dict[int, int]
    q_tied: tuple[int, ...]

    @property
    def size(self) -> int:
        return self.prior_width.size

    def theta(self, common: Array) -> tuple[Array, Array]:
        """The circuit's internal coordinates (n, p) of all spectra and their derivatives (n, p, g)."""
        theta = self.matrix @ common + self.offset
        slope = self.matrix.copy()
        for k, arc in enumerate(self.circuit.arcs):
            r, second = arc.resistance, arc.pseudo_capacitance
            if k in self.q_tied and arc.n is not None:
                n = theta[:, arc.n]
                theta[:, second] = (theta[:, r] + theta[:, second]) / n
                by_n = -theta[:, second] / n
                slope[:, second] = (slope[:, r] + slope[:, second]) / n[:, None] + by_n[:, None] * slope[:, arc.n]
            else:
                theta[:, second] += theta[:, r]
                slope[:, second] += slope[:, r]
        return theta, slope

    def local(self, theta: Array) -> Array:
        """The local coordinates (n, p) that belong to internal ones (n, p)."""
        found = np.array(theta, dtype=float)
        for k, arc in enumerate(self.circuit.arcs):
            r, second = arc.resistance, arc.pseudo_capacitance
            if k in self.q_tied and arc.n is not None:
                found[:, second] = theta[:, arc.n] * theta[:, second] - theta[:, r]
            else:
                found[:, second] = theta[:, second] - theta[:, r]
        return found

    def with_deviations_by_energy(self, common: Array) -> Layout:
        """The same layout with the deviations of each resistance as wide as its energy over their mean, within 1/3 to 3."""
        energies = {j: abs(float(common[place])) for j, place in self.energy.items()}
        mean = sum(energies.values()) / max(len(energies), 1)
        scale = self.pooled_scale.copy()
        for j, energy in energies.items():
            moves = (np.abs(self.matrix[:, j, :]).sum(axis=0) > 0) & (scale > 0)
            scale[moves] = float(np.clip(energy / mean, 1 / 3, 3.0)) if mean > 0 else 1.0
        return attrs.evolve(self, pooled_scale=scale)

    def start(self, theta: Array, weight: Array, pooling_std: float) -> Array:
        """Common coordinates nearest to separate fits (n, p), each local coordinate with its weight (n, p), priors kept."""
        gap = (self.local(theta) - self.offset).ravel()
        width = np.where(self.pooled_scale > 0, pooling_std, self.prior_width)
        rows = self.matrix.reshape(gap.size, self.size) * weight.ravel()[:, None]
        prior = np.diag(np.where(np.isfinite(width), 1.0 / width, 1e-9))
        stacked = np.vstack([rows, prior])
        target = np.concatenate([gap * weight.ravel(), np.zeros(self.size)])
        return np.asarray(np.linalg.lstsq(stacked, target, rcond=None)[0])


def layout_from_model(
    *, circuit: Circuit, model: SeriesModel, temperature_K: Array, grain_capacitance: Estimate | None = None
) -> Layout:
    """Lay out the common coordinates of a model for a circuit and its temperatures.

    With a ``grain_capacitance`` the first arc is the grains', its capacitance one value near the given one; the ties then
    count from the arc after it.
    """
    n, p = temperature_K.size, len(circuit.parameters)
    inverse = 1.0 / (BOLTZMANN_EV_PER_K * temperature_K)
    middle, half = 0.5 * (temperature_K.max() + temperature_K.min()), 0.5 * np.ptp(temperature_K)
    u = (temperature_K - middle) / half
    shift = int(grain_capacitance is not None)
    builder = _Builder(spectra=n, parameters=p)
    energy: dict[int, int] = {}
    of_arc = {index: (k, arc) for k, arc in enumerate(circuit.arcs) for index in arc.indices}
    for j, parameter in enumerate(circuit.parameters):
        tie = model.tie(of_arc[j][0] - shift) if j in of_arc else None
        if parameter.kind == "R" and model.law == "arrhenius":
            builder.offset[:, j] = np.log(temperature_K)
            builder.common(j, np.ones(n))
            energy[j] = builder.common(j, inverse - inverse.mean())
            builder.each(j, pooled=True)
        elif parameter.kind == "L":
            builder.common(j, np.ones(n))
        elif parameter.kind == "C" and j in of_arc and of_arc[j][0] == 0 and grain_capacitance is not None:
            builder.offset[:, j] = np.log(grain_capacitance.value)
            builder.common(j, np.ones(n), width=(grain_capacitance.std or 0.0) / grain_capacitance.value)
        elif tie is not None and tie.kept and parameter.kind != "R":
            builder.common(j, np.ones(n))
            if tie.drifts:
                is_n = parameter.kind == "n"
                builder.common(j, u, width=model.exponent_drift if is_n else model.log_capacitance_drift)
        else:
            builder.each(j, pooled=False)
    return Layout(
        circuit=circuit,
        temperature_K=temperature_K,
        matrix=np.stack(builder.columns, axis=-1),
        offset=builder.offset,
        prior_width=np.array(builder.width),
        pooled_scale=np.array(builder.pooled, dtype=float),
        energy=energy,
        q_tied=tuple(k for k in range(len(circuit.arcs)) if model.tie(k - shift).kept == "Q"),
    )


class _Builder:
    """Collects the columns of the map one after the other."""

    def __init__(self, *, spectra: int, parameters: int) -> None:
        self.offset = np.zeros((spectra, parameters))
        self.columns: list[Array] = []
        self.width: list[float] = []
        self.pooled: list[bool] = []

    def common(self, parameter: int, weights: Array, *, width: float = np.inf, pooled: bool = False) -> int:
        """One coordinate that moves a parameter of all spectra by ``weights``; returns its place."""
        column = np.zeros_like(self.offset)
        column[:, parameter] = weights
        self.columns.append(column)
        self.width.append(width)
        self.pooled.append(pooled)
        return len(self.columns) - 1

    def each(self, parameter: int, *, pooled: bool) -> None:
        """One coordinate for each spectrum."""
        for i in range(len(self.offset)):
            self.common(parameter, np.eye(len(self.offset))[i], pooled=pooled)
