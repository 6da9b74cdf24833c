r"""What a fit reports: the natural parameters, and per arc its capacitance and peak frequency, and the sum of resistances.

Every quantity is a function of the internal coordinates with a derivative, on the scale where its interval is
symmetric: logarithms, except the exponents n and an inductance in series with the whole. For an arc :math:`R/(1+(j\omega\tau)^n)`:

- effective capacitance :math:`C = (Q R^{1-n})^{1/n} = \tau/R` (Hsu & Mansfeld, Corrosion 57 (2001) 747),
- peak frequency :math:`f = 1/(2\pi\tau)`.
"""

from __future__ import annotations

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.techniques.impedance.model.circuit import Circuit

__all__ = ["ReportedQuantities", "quantities_at", "quantity_names"]


@attrs.frozen(kw_only=True)
class ReportedQuantities:
    """``coordinate`` (b, d): ln of the value, or n or the series L itself; ``gradient`` (b, d, p) by theta."""

    coordinate: Array
    gradient: Array


def quantity_names(circuit: Circuit) -> tuple[str, ...]:
    """Parameter names, then ``C_arc1``, ``f_arc1``, ... per arc, then ``R_total``."""
    arcs = [name for i in range(len(circuit.arcs)) for name in (f"C_arc{i + 1}", f"f_arc{i + 1}")]
    return (*circuit.names, *arcs, "R_total")


def quantities_at(circuit: Circuit, theta: Array) -> ReportedQuantities:
    """The reported quantities and their derivatives at theta (b, p), in the order of :func:`quantity_names`."""
    count, size = theta.shape
    slopes = np.zeros((count, 2 * len(circuit.arcs) + 1, size))
    extra = np.empty((count, slopes.shape[1]))
    for i, arc in enumerate(circuit.arcs):
        ln_r, ln_tau = arc.resistance, arc.pseudo_capacitance
        extra[:, 2 * i] = theta[:, ln_tau] - theta[:, ln_r]
        slopes[:, 2 * i, ln_tau], slopes[:, 2 * i, ln_r] = 1.0, -1.0
        extra[:, 2 * i + 1] = -theta[:, ln_tau] - np.log(2.0 * np.pi)
        slopes[:, 2 * i + 1, ln_tau] = -1.0
    total, slope = circuit.total_resistance(theta)
    safe = np.where(total > 0.0, total, 1.0)
    extra[:, -1] = np.log(safe)
    slopes[:, -1] = slope / safe[:, None]
    values = circuit.values_from_theta(theta)
    is_log = np.zeros(size, dtype=bool)
    is_log[list(circuit.log_indices)] = True
    natural = np.where(is_log, np.log(np.where(is_log, values, 1.0)), values)
    return ReportedQuantities(
        coordinate=np.concatenate([natural, extra], axis=1),
        gradient=np.concatenate([circuit.log_jacobian(theta), slopes], axis=1),
    )
