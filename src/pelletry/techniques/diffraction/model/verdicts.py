"""Stated reasons not to trust a refinement."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array
from pelletry.techniques.diffraction.model.data import Pattern
from pelletry.techniques.diffraction.model.result import RefinedPhase, Verdict
from pelletry.techniques.diffraction.model.statistics import Agreement

__all__ = ["correlation_verdicts", "fit_verdicts", "pattern_verdicts", "phase_verdicts"]

_HIGH_GOF, _BAD_GOF = 2.0, 6.0
_BAD_NET_RWP = 0.45
_LOW_DURBIN_WATSON = 0.6
_HIGH_CORRELATION = 0.98
_PLATEAU = 4
_LOWEST_B, _HIGHEST_B = -0.5, 8.0
_LEAST_SIZE_M = 1.5e-9


def _verdict(code: str, sentence: str, *, is_serious: bool = False) -> Verdict:
    return Verdict(code=code, sentence=sentence, is_serious=is_serious)


def pattern_verdicts(pattern: Pattern) -> list[Verdict]:
    """What is odd in the pattern itself: negative or unused points, a flat top, a gap."""
    found: list[Verdict] = []
    intensity, x = pattern.intensity, pattern.two_theta_deg
    negative = int(np.count_nonzero(intensity[np.isfinite(intensity)] < 0))
    if negative:
        found.append(
            _verdict("negative-counts", f"{negative} points have negative intensities; counts cannot be negative.")
        )
    if intensity.size > _PLATEAU:
        top = float(np.nanmax(intensity))
        at_top = np.concatenate([[0], (intensity == top).astype(int), [0]])
        edges = np.flatnonzero(np.diff(at_top))
        longest = int(np.max(edges[1::2] - edges[::2])) if edges.size else 0
        if longest >= _PLATEAU and top > float(np.nanmedian(intensity)):
            where = float(x[int(np.nanargmax(intensity))])
            found.append(
                _verdict(
                    "saturated",
                    f"{longest} neighbouring points at {where:.2f} deg have the same highest intensity {top:g}: "
                    "the detector was saturated; measure again with an attenuator or exclude the peak.",
                    is_serious=True,
                )
            )
    if x.size > 2:
        step = np.diff(x)
        gaps = np.flatnonzero(step > 5.0 * np.median(step))
        if gaps.size:
            gone = ", ".join(f"{x[i]:.2f} to {x[i + 1]:.2f} deg" for i in gaps[:3])
            found.append(_verdict("range-gap", f"Nothing was measured from {gone}; the ranges are fitted together."))
    return found


def fit_verdicts(found: Agreement, *, is_converged: bool, floored: int) -> list[Verdict]:
    """What the agreement says."""
    out: list[Verdict] = []
    if not is_converged:
        out.append(_verdict("not-converged", "The refinement stopped before its steps became small.", is_serious=True))
    if found.gof > _HIGH_GOF:
        out.append(
            _verdict(
                "high-gof",
                f"The goodness of fit is {found.gof:.2f} (Rwp {100 * found.rwp:.2f} %, expected {100 * found.rexp:.2f} %): "
                "the model leaves more than the counting noise.",
                is_serious=found.gof > _BAD_GOF and found.rwp_background_corrected > 0.25,
            )
        )
    if found.rwp_background_corrected > _BAD_NET_RWP and found.gof > 1.3:
        out.append(
            _verdict(
                "wrong-model",
                f"Less background the pattern is described only to Rwp {100 * found.rwp_background_corrected:.0f} %: "
                "a phase is wrong or missing, its cell is far off, or the wavelength is not that of the scan.",
                is_serious=True,
            )
        )
    if found.durbin_watson < _LOW_DURBIN_WATSON:
        out.append(
            _verdict(
                "residual-structure",
                f"Neighbouring residuals go together (Durbin-Watson {found.durbin_watson:.2f}, 2 is noise): standard deviations "
                f"are too small by about a factor {found.berar_lelann:.1f}.",
            )
        )
    if floored:
        out.append(
            _verdict("unphysical-width", f"The Gaussian width became imaginary for {floored} peaks.", is_serious=True)
        )
    return out


def correlation_verdicts(names: tuple[str, ...], covariance: Array, determined: npt.NDArray[np.bool_]) -> list[Verdict]:
    """Pairs that the data cannot separate, and parameters they do not determine."""
    out: list[Verdict] = []
    lost = [name for name, known in zip(names, determined, strict=True) if not known]
    if lost:
        out.append(_verdict("undetermined", f"The data do not determine {', '.join(lost[:6])}.", is_serious=True))
    std = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    safe = np.where(std > 0, std, 1.0)
    correlation = covariance / np.outer(safe, safe)
    pairs = [
        (names[i], names[j], float(correlation[i, j]))
        for i, j in zip(*np.triu_indices(len(names), 1), strict=True)
        if abs(correlation[i, j]) > _HIGH_CORRELATION and not _is_background(names[i], names[j])
    ]
    if pairs:
        pairs.sort(key=lambda pair: -abs(pair[2]))
        listed = "; ".join(f"{a} with {b} ({r:+.3f})" for a, b, r in pairs[:3])
        out.append(_verdict("correlated", f"Correlated beyond {_HIGH_CORRELATION}: {listed}."))
    return out


def _is_background(*names: str) -> bool:
    return all(name.startswith(("bg", "hump", "air")) for name in names)


def phase_verdicts(phase: RefinedPhase) -> list[Verdict]:
    """Displacement parameters, sizes and scales that make no physical sense."""
    out: list[Verdict] = []
    odd = [s.label for s in phase.structure.sites if not _LOWEST_B <= s.B_iso_angstrom2 <= _HIGHEST_B]
    if odd:
        out.append(
            Verdict(
                code="unphysical-B",
                sentence=f"{phase.name}: the displacement parameter of {', '.join(odd[:4])} is outside {_LOWEST_B} to {_HIGHEST_B} A^2.",
                is_serious=False,
            )
        )
    if phase.size_m is not None and phase.size_m.value < _LEAST_SIZE_M:
        out.append(
            Verdict(
                code="unphysical-width",
                sentence=f"{phase.name}: the size of {phase.size_m.value * 1e9:.1f} nm is below a few cells; its peaks may be another's.",
                is_serious=True,
            )
        )
    scale = phase.scale
    if not phase.is_le_bail and (scale.std is None or scale.value < 3.0 * scale.std):
        out.append(
            Verdict(
                code="phase-not-seen",
                sentence=f"{phase.name}: its scale is not three standard deviations above zero; it is not seen in this pattern.",
                is_serious=False,
            )
        )
    return out
