r"""Which points to leave out of a fit, proposed with reasons. Conservative: clean spectra lose nothing.

A point is proposed when its residual in a linear Kramers-Kronig test (Boukamp1995) with non-negative weights is more than
six times the robust scatter of all residuals *and* more than 2 % of \|Z\|; the test is repeated without the worst point, because one bad point bends the fit of
its neighbours; at the end each point is tried again and taken back if it now passes. At the ends of the window, a run of
bad points takes what lies beyond it along. When more than a quarter of a spectrum fails, or its scatter is above 6 %, no
window is proposed: then the spectrum as a whole contradicts Kramers-Kronig, and trimming would only hide it. Nothing is left out silently, and a person's decision overrides all of this.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array, ComplexArray, array_field
from pelletry.core.finding import Finding
from pelletry.techniques.impedance.model.plausibility import frequency_words

__all__ = ["ProposedWindow", "Trim", "inductive_tail", "propose_window", "relaxation_residuals", "window_findings"]

SOURCES = ("Boukamp1995",)
SCATTER_FACTOR = 6.0
RELATIVE_FLOOR = 0.02
LARGEST_SHARE = 0.25
LARGEST_SCATTER = 0.06
RELAXATIONS_PER_DECADE = 5
MAINS_HARMONICS = 5
MAINS_WIDTH = 0.03
INDUCTIVE_MARGIN = 0.01

Residuals = Callable[[Array, ComplexArray], ComplexArray]
Mask = npt.NDArray[np.bool_]


@attrs.frozen(kw_only=True)
class Trim:
    """Points proposed to be left out for one reason. ``indices`` are those of the arrays given."""

    code: str
    reason: str
    indices: tuple[int, ...]
    lowest_Hz: float
    highest_Hz: float

    @property
    def count(self) -> int:
        """Number of points."""
        return len(self.indices)


@attrs.frozen(kw_only=True)
class ProposedWindow:
    """``use`` (m,) is True for points to fit. ``is_consistent`` False: too much fails, and nothing is proposed."""

    use: Mask = array_field(dtype=np.bool_)
    trims: tuple[Trim, ...]
    is_consistent: bool
    sentence: str


def inductive_tail(*, frequency_Hz: Array, impedance_ohm: ComplexArray) -> Mask:
    """The run of points at the top of the window with Z'' clearly positive: the cable, not the pellet.

    Only for circuits without L; with an L in the circuit these points are what determines it.
    """
    order = np.argsort(-frequency_Hz, kind="stable")
    is_inductive: Mask = impedance_ohm[order].imag > INDUCTIVE_MARGIN * np.abs(impedance_ohm[order])
    run = int(np.argmin(is_inductive)) if not is_inductive.all() else 0
    tail: Mask = np.zeros(frequency_Hz.size, dtype=bool)
    tail[order[:run]] = True
    return tail


def propose_window(
    *,
    frequency_Hz: Array,
    impedance_ohm: ComplexArray,
    has_inductance: bool,
    residuals_of: Residuals | None = None,
    mains_Hz: tuple[float, ...] = (50.0, 60.0),
) -> ProposedWindow:
    """Propose which points of a spectrum to leave out.

    Parameters
    ----------
    frequency_Hz, impedance_ohm:
        Shape (m,), any order.
    has_inductance:
        Whether the circuit to be fitted holds an L; without one the inductive points at the top are proposed too.
    residuals_of:
        Relative residuals (k,) of a Kramers-Kronig test on the points given to it; :func:`relaxation_residuals` by default.
    mains_Hz:
        Mains frequencies whose first five harmonics are named as such when their points fail.
    """
    test = residuals_of or relaxation_residuals
    finite = np.isfinite(impedance_ohm) & (frequency_Hz > 0)
    tail = np.zeros_like(finite)
    if not has_inductance:
        tail = finite & inductive_tail(frequency_Hz=frequency_Hz, impedance_ohm=np.where(finite, impedance_ohm, 0))
    bad, failing = _failing_points(frequency_Hz, impedance_ohm, finite, test)
    if failing:
        words = (
            f"The spectrum as a whole contradicts Kramers-Kronig, by up to {100 * failing:.2g} % of |Z|: the cell changed during "
            "the sweep, or the response was noise or not linear. No window would cure that and none is proposed."
        )
        bad = np.zeros_like(finite)
    bad |= tail
    trims = _trims(frequency_Hz, finite, bad, tail, mains_Hz)
    use = finite & ~bad
    if not failing:
        words = _sentence(trims, int(finite.sum()))
    return ProposedWindow(use=use, trims=trims, is_consistent=not failing, sentence=words)


def relaxation_residuals(frequency_Hz: Array, impedance_ohm: ComplexArray) -> ComplexArray:
    r"""Relative residuals of a sum of non-negative relaxations, R, L and C, all in series; shape of the input.

    Boukamp's linear Kramers-Kronig test with five time constants a decade, one decade beyond the window on both sides, and
    with all weights held >= 0: a pellet between electrodes only relaxes. The bound, not a count of elements, keeps the fit
    from following single bad points, also at the ends of the window where the free fit follows them most.
    """
    from scipy.optimize import nnls  # type: ignore[attr-defined]

    omega = 2.0 * np.pi * frequency_Hz
    low, high = -np.log10(omega.max()) - 1.0, -np.log10(omega.min()) + 1.0
    tau = np.logspace(low, high, int((high - low) * RELAXATIONS_PER_DECADE) + 1)
    s = 1j * omega
    terms = (
        np.column_stack([np.ones_like(s), 1.0 / (1.0 + s[:, None] * tau), s, 1.0 / s]) / np.abs(impedance_ohm)[:, None]
    )
    target = impedance_ohm / np.abs(impedance_ohm)
    matrix = np.vstack([terms.real, terms.imag])
    scale = np.linalg.norm(matrix, axis=0)
    weights = nnls(matrix / scale, np.concatenate([target.real, target.imag]))[0] / scale
    residual: ComplexArray = target - terms @ weights
    return residual


def _failing_points(frequency: Array, impedance: ComplexArray, finite: Mask, test: Residuals) -> tuple[Mask, float]:
    """Points that fail one after the other, extended to the ends; and the worst residual when too many fail, else 0."""
    keep = finite & (np.abs(impedance) > 0)
    if keep.sum() < 8:
        return np.zeros_like(keep), 0.0
    removed: list[int] = []
    worst = 0.0
    for _ in range(int(LARGEST_SHARE * keep.sum()) + 1):
        residual = test(frequency[keep], impedance[keep])
        at, size, limit = _worst(residual)
        if limit > SCATTER_FACTOR * LARGEST_SCATTER:
            return np.zeros_like(keep), limit / SCATTER_FACTOR
        if size <= limit:
            _readmit(frequency, impedance, keep, removed, test)
            _settle_ends(frequency, impedance, keep, finite, test)
            return finite & ~keep, 0.0
        worst = max(worst, size)
        where = int(np.flatnonzero(keep)[at])
        removed.append(where)
        keep[where] = False
    return np.zeros_like(keep), worst


def _worst(residual: ComplexArray) -> tuple[int, float, float]:
    """Where the largest residual is, its size, and the size it may have."""
    size = np.maximum(np.abs(residual.real), np.abs(residual.imag))
    scatter = 1.4826 * float(np.median(np.abs(np.concatenate([residual.real, residual.imag]))))
    at = int(np.argmax(size))
    return at, float(size[at]), max(SCATTER_FACTOR * scatter, RELATIVE_FLOOR)


def _readmit(frequency: Array, impedance: ComplexArray, keep: Mask, removed: list[int], test: Residuals) -> None:
    """Take back, in place, each point that passes once the truly bad ones are out: they had bent the fit beneath it."""
    for where in removed:
        keep[where] = True
        _, size, limit = _worst(test(frequency[keep], impedance[keep]))
        keep[where] = size <= limit


def _settle_ends(frequency: Array, impedance: ComplexArray, keep: Mask, finite: Mask, test: Residuals) -> None:
    """Move the ends of the window inwards, in place, where a run of bad points lies at or close to an end.

    Beyond such a run nothing holds the fit, so the outermost points may pass by chance. All are taken out and taken back
    from the inside, up to the first that fails.
    """
    order = np.flatnonzero(finite)[np.argsort(frequency[finite], kind="stable")]
    for line in (order, order[::-1]):
        bad = np.flatnonzero(~keep[line])
        near = [int(p) for i, p in enumerate(bad) if i >= 1 and p < 3 * (i + 1)]
        if not near:
            continue
        out = line[: near[-1] + 1]
        keep[out] = False
        for where in out[::-1]:
            keep[where] = True
            _, size, limit = _worst(test(frequency[keep], impedance[keep]))
            if size > limit:
                keep[where] = False
                break


def _trims(frequency: Array, finite: Mask, bad: Mask, tail: Mask, mains_Hz: tuple[float, ...]) -> tuple[Trim, ...]:
    order = np.flatnonzero(finite)[np.argsort(frequency[finite], kind="stable")]
    low_run = _leading_run(bad[order])
    high_run = _leading_run(bad[order[::-1]])
    low = set(order[:low_run].tolist())
    high = set(order[order.size - high_run :].tolist())
    groups: dict[str, list[int]] = {"inductive-tail": [], "high-end": [], "low-end": [], "mains": [], "outlier": []}
    for i in np.flatnonzero(bad).tolist():
        if tail[i]:
            groups["inductive-tail"].append(i)
        elif i in high:
            groups["high-end"].append(i)
        elif i in low:
            groups["low-end"].append(i)
        elif _is_mains(float(frequency[i]), mains_Hz):
            groups["mains"].append(i)
        else:
            groups["outlier"].append(i)
    groups["not-finite"] = np.flatnonzero(~finite).tolist()
    return tuple(_trim(code, frequency, indices) for code, indices in groups.items() if indices)


def _leading_run(flags: Mask) -> int:
    """Number of True before the first False."""
    return int(np.argmin(flags)) if not flags.all() else int(flags.size)


def _is_mains(frequency_Hz: float, mains_Hz: tuple[float, ...]) -> bool:
    harmonics = [k * base for base in mains_Hz for k in range(1, MAINS_HARMONICS + 1)]
    return any(abs(frequency_Hz / h - 1.0) < MAINS_WIDTH for h in harmonics)


_REASONS = {
    "inductive-tail": "Z'' is positive there, the cable, and the circuit has no L; an L in the circuit would use these points",
    "high-end": "they contradict Kramers-Kronig at the top of the window: cable, range or bandwidth of the instrument",
    "low-end": "they contradict Kramers-Kronig at the bottom of the window: drift of cell or temperature",
    "mains": "they contradict Kramers-Kronig and lie on the mains frequency or a harmonic",
    "outlier": "they contradict Kramers-Kronig while their neighbours do not",
    "not-finite": "they are not numbers",
}


def _trim(code: str, frequency: Array, indices: list[int]) -> Trim:
    chosen = frequency[indices]
    return Trim(
        code=code,
        reason=f"{frequency_words(chosen)}: {_REASONS[code]}",
        indices=tuple(indices),
        lowest_Hz=float(chosen.min()),
        highest_Hz=float(chosen.max()),
    )


def _sentence(trims: tuple[Trim, ...], points: int) -> str:
    if not trims:
        return f"All {points} points are used."
    left_out = sum(t.count for t in trims)
    return f"{left_out} of {points} points are proposed to be left out. " + ". ".join(t.reason for t in trims) + "."


def window_findings(window: ProposedWindow, *, name: str, sample: str = "") -> tuple[Finding, ...]:
    """The proposal in words: one notice per reason, a warning when the spectrum as a whole fails."""
    samples = (sample,) if sample else ()
    found = [
        Finding(code=f"window-{t.code}", severity="notice", sentence=f"{name}: left out: {t.reason}.", samples=samples)
        for t in window.trims
    ]
    if not window.is_consistent:
        found.append(
            Finding(
                code="kramers-kronig-fails", severity="warning", sentence=f"{name}: {window.sentence}", samples=samples
            )
        )
    return tuple(found)
