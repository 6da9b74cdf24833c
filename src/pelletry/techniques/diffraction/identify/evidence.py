"""Tests of one phase in a refined pattern: lines of its own, lines that are missing, a width that a powder can have."""

from __future__ import annotations

import numpy as np

from pelletry.core.arrays import Array
from pelletry.techniques.diffraction.identify.found import Evidence
from pelletry.techniques.diffraction.model.data import Pattern
from pelletry.techniques.diffraction.model.result import RefinedPhase, Refinement

__all__ = ["chi_squared", "evidence_of", "gain_of", "refusal_of"]

#: Share of what other phases calculate that their profile may be wrong by.
_PROFILE_SHARE = 0.06
_BACKGROUND_SHARE = 0.01
_LINES = 16
_OWN_SHARE = 0.5
_CLEARLY = 4.0
_LARGEST_STRAIN = 0.02
_USUAL_STRAIN = 0.005
_WIDTHS = (0.45, 7.0)
#: Beside a phase of small crystals another one may be this many times wider.
_WIDER = 2.5
#: So wide a phase must win this many times the least gain.
_WIDE_GAIN = 20.0
#: How many times the usual gain a phase needs that has one line of its own only.
_LONE_LINE = 6.0
#: A phase that wins less than this many times the least gain must have the table's cell.
_WEAK, _STRAIN_WHEN_WEAK = 10.0, 0.004


def chi_squared(pattern: Pattern, refinement: Refinement) -> float:
    """Sum of squared residuals over their variances, used points."""
    use = pattern.use
    r = (pattern.intensity[use] - refinement.calculated[use]) / pattern.std[use]
    return float(r @ r)


def gain_of(before: float, after: float, *, points: int, parameters_before: int, parameters_after: int) -> float:
    """Scaled information criterion of a phase from chi^2 without and with it. See :class:`Evidence`."""
    reduced = max(1.0, before / max(points - parameters_before, 1))
    return (before - after) / reduced - (parameters_after - parameters_before) * float(np.log(points))


def _width_at(x: Array, y: Array, centre: float, reach_deg: float) -> float:
    """Full width of a curve around an angle, at half its height there. [deg]"""
    near = np.flatnonzero(np.abs(x - centre) < reach_deg)
    if near.size < 3:
        return float("nan")
    top = near[int(np.argmax(y[near]))]
    half = 0.5 * y[top]
    left, right = int(top), int(top)
    while left > 0 and y[left] > half:
        left -= 1
    while right < x.size - 1 and y[right] > half:
        right += 1
    return float(x[right] - x[left])


def _strain(phase: RefinedPhase, start: tuple[float, ...]) -> float:
    """Change of the edge that changed most."""
    edges = [phase.cell[i].value / start[i] - 1.0 for i in range(3)]
    return float(max(edges, key=abs))


def evidence_of(
    pattern: Pattern,
    refinement: Refinement,
    name: str,
    *,
    gain: float,
    start_cell: tuple[float, ...],
    usual_fwhm_deg: float,
) -> Evidence:
    """The tests of phase ``name``; ``start_cell`` is the table's cell, ``usual_fwhm_deg`` the usual width of the pattern's lines."""
    phase = refinement.phase(name)
    x, y, std, use = pattern.two_theta_deg, pattern.intensity, pattern.std, pattern.use
    net_of_others = refinement.calculated - refinement.background - phase.contribution
    left = y - refinement.calculated + phase.contribution
    inside = (phase.tick_two_theta_deg > x[0]) & (phase.tick_two_theta_deg < x[-1])
    ticks, strength = phase.tick_two_theta_deg[inside], phase.tick_intensity[inside]
    if not ticks.size:
        return Evidence(
            gain=gain,
            own_lines=0,
            expected_lines=0,
            missing_lines=0,
            strain=0.0,
            width_ratio=1.0,
            refusal="no line in range",
        )
    strongest = float(ticks[np.argmax(strength)])
    width = _width_at(x, phase.contribution, strongest, 3.0 * usual_fwhm_deg)
    if not np.isfinite(width) or width <= 0:
        width = usual_fwhm_deg
    own = expected = missing = 0
    looked: list[float] = []
    step = np.gradient(x)
    for i in np.argsort(-strength)[: 4 * _LINES]:
        if any(abs(ticks[i] - other) < 0.8 * width for other in looked) or len(looked) == _LINES:
            continue
        looked.append(float(ticks[i]))
        window = (np.abs(x - ticks[i]) < max(0.6 * width, 1.5 * float(step.mean()))) & use
        if np.count_nonzero(window) < 2:
            continue
        wanted = float(np.sum(phase.contribution[window]))
        others = float(np.sum(np.maximum(net_of_others[window], 0.0)))
        under = float(np.sum(np.maximum(refinement.background[window], 0.0)))
        noise = float(
            np.sqrt(np.sum(std[window] ** 2) + (_PROFILE_SHARE * others) ** 2 + (_BACKGROUND_SHARE * under) ** 2)
        )
        held = float(np.sum(left[window]))
        if wanted < _CLEARLY * noise:
            continue
        expected += 1
        if held < 0.3 * wanted:
            missing += 1
        elif wanted > _OWN_SHARE * others and abs(held - wanted) < 0.6 * wanted + 2.0 * noise:
            own += 1
    return Evidence(
        gain=gain,
        own_lines=own,
        expected_lines=expected,
        missing_lines=missing,
        strain=_strain(phase, start_cell),
        width_ratio=width / usual_fwhm_deg,
    )


def refusal_of(evidence: Evidence, *, least_gain: float, widest: float = 1.0) -> str:
    """Why a phase is not taken; empty: it is. ``widest`` is the width ratio of the phase that explains most."""
    low, high = _WIDTHS[0], max(_WIDTHS[1], _WIDER * widest)
    reasons = (
        (evidence.gain < least_gain, f"the pattern is hardly better with it ({evidence.gain:.0f})"),
        (abs(evidence.strain) > _LARGEST_STRAIN, f"its cell would be off by {100 * evidence.strain:.1f} %"),
        (
            not low < evidence.width_ratio < high,
            f"its lines would be {evidence.width_ratio:.1f} times as wide as usual",
        ),
        (
            evidence.width_ratio > _WIDTHS[1] and evidence.gain < _WIDE_GAIN * least_gain,
            f"its lines would be {evidence.width_ratio:.1f} times as wide as usual, which repairs a background",
        ),
        (evidence.own_lines == 0, "none of its lines stands alone"),
        (
            evidence.own_lines == 1
            and (
                evidence.gain < _LONE_LINE * least_gain
                or abs(evidence.strain) > _USUAL_STRAIN
                or evidence.width_ratio > 3.0
            ),
            "one line alone says too little",
        ),
        (
            evidence.gain < _WEAK * least_gain and abs(evidence.strain) > _STRAIN_WHEN_WEAK,
            f"it is weak and its cell would be off by {100 * evidence.strain:.1f} %",
        ),
        (evidence.missing_lines > 0.34 * evidence.expected_lines, f"{evidence.missing_lines} of its lines are missing"),
    )
    return next((sentence for is_so, sentence in reasons if is_so), "")


def merit_of(evidence: Evidence) -> float:
    """What phases are chosen by among those that pass: gain, less for a cell far from the table's."""
    strain = evidence.strain / _USUAL_STRAIN
    return evidence.gain * float(np.exp(-0.5 * strain * strain))
