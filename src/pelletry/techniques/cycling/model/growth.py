r"""How a resistance grows in time: three laws compared, and the answer "not resolved" when the data cannot tell them apart.

.. math:: R = R_0 + k \sqrt{t}, \qquad R = R_0 + k t, \qquad R = R_0 + k \ln(1 + t/t_1)

The first is growth limited by diffusion through the layer, the second growth limited by its reaction, the third one that chokes itself.
They are compared by AICc (Hurvich and Tsai 1989); a law is named only when the next is worse by more than 4 (Burnham and Anderson),
and when there is growth at all.
"""

from __future__ import annotations

import math

import attrs
import numpy as np

from pelletry.core.arrays import Array

__all__ = ["LAWS", "GrowthComparison", "GrowthFit", "compare_growth"]

LAWS = ("square root", "linear", "logarithmic")
_RESOLVED = 4.0
_FEWEST = 5


@attrs.frozen(kw_only=True)
class GrowthFit:
    """One law: R0 and k with their standard deviations (k in ohm per sqrt(s), s or e-fold), and its AICc. ``law`` constant: no growth."""

    law: str
    start_ohm: float
    start_std_ohm: float
    rate: float
    rate_std: float
    aicc: float
    scatter_ohm: float


@attrs.frozen(kw_only=True)
class GrowthComparison:
    """All laws, the best first; ``law`` is the one that is named, empty when the data do not resolve it, ``reason`` says why."""

    fits: tuple[GrowthFit, ...]
    law: str
    reason: str


def compare_growth(time_s: Array, resistance_ohm: Array, std_ohm: Array | None = None) -> GrowthComparison:
    """Compare the laws on points of shape (n,).

    ``std_ohm`` None: the scatter about each law is its uncertainty.

    Raises
    ------
    ValueError
        With fewer than five points or no span of time.
    """
    if time_s.size < _FEWEST or float(np.ptp(time_s)) <= 0:
        raise ValueError(f"growth needs {_FEWEST} points at different times, not {time_s.size}")
    t = time_s - time_s.min()
    weights = np.ones(t.size) if std_ohm is None else 1.0 / np.square(std_ohm)
    first = float(np.min(t[t > 0]))
    columns = {"square root": np.sqrt(t), "linear": t, "logarithmic": np.log1p(t / first)}
    fits = [_fit(law, column, resistance_ohm, weights) for law, column in columns.items()]
    fits.append(_fit("constant", None, resistance_ohm, weights))
    fits.sort(key=lambda fit: fit.aicc)
    law, reason = _named(fits)
    return GrowthComparison(fits=tuple(fits), law=law, reason=reason)


def _fit(law: str, column: Array | None, resistance: Array, weights: Array) -> GrowthFit:
    n = resistance.size
    design = np.ones((n, 1)) if column is None else np.column_stack([np.ones(n), column])
    root = np.sqrt(weights)
    scaled = design * root[:, None]
    solution, *_ = np.linalg.lstsq(scaled, resistance * root, rcond=None)
    residual = (resistance - design @ solution) * root
    parameters = design.shape[1] + 1  # and the scatter
    chi2 = max(float(residual @ residual), np.finfo(float).tiny)
    freedom = n - design.shape[1]
    covariance = np.linalg.inv(scaled.T @ scaled) * chi2 / max(freedom, 1)
    aicc = n * math.log(chi2 / n) + 2 * parameters + 2 * parameters * (parameters + 1) / max(n - parameters - 1, 1)
    rate, rate_std = (0.0, 0.0) if column is None else (float(solution[1]), math.sqrt(float(covariance[1, 1])))
    return GrowthFit(
        law=law,
        start_ohm=float(solution[0]),
        start_std_ohm=math.sqrt(float(covariance[0, 0])),
        rate=rate,
        rate_std=rate_std,
        aicc=aicc,
        scatter_ohm=float(np.std(resistance - design @ solution, ddof=design.shape[1])),
    )


def _named(fits: list[GrowthFit]) -> tuple[str, str]:
    constant = next(fit for fit in fits if fit.law == "constant")
    best = next(fit for fit in fits if fit.law != "constant")
    if constant.aicc <= best.aicc:
        return (
            "",
            f"no growth is resolved: a constant describes it best (AICc {best.aicc - constant.aicc:.1f} below the {best.law} law)",
        )
    if constant.aicc <= best.aicc + 2.0:
        return (
            "",
            f"no growth is resolved: the {best.law} law is better than a constant by {constant.aicc - best.aicc:.1f} in AICc only",
        )
    if best.rate < 0:
        return "", f"it falls in time, which is no growth of a layer (the {best.law} law describes it best)"
    others = [fit for fit in fits if fit.law not in ("constant", best.law)]
    gap = min(fit.aicc for fit in others) - best.aicc
    if gap <= _RESOLVED:
        names = " and ".join(fit.law for fit in fits if fit.law != "constant" and fit.aicc - best.aicc <= _RESOLVED)
        return "", f"it grows, but the {names} laws describe it alike (AICc {gap:.1f} apart, 4 are needed)"
    return best.law, f"the {best.law} law is better than the next by {gap:.1f} in AICc"
