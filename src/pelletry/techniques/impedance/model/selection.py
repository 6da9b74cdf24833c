r"""Which circuit: a small library for pellets between blocking electrodes, compared over the whole temperature series.

One circuit serves all temperatures, because energies compare like with like only then; a part that it resolves only at
the cold end is still worth having, and is withheld where it is not resolved. Each spectrum judges each circuit by

    cost = AICc above the best circuit of that spectrum, at most 20
           + 6 for each resistance or exponent that the spectrum does not determine (a Q alone may stay open: it trades
             with its n while their capacitance is sharp)
           + 30 when the total resistance is not determined, or an arc is a piece of the electrode's leg

and the lowest sum wins. AICc is that of HurvichTsai1989. The cap keeps one spectrum, where a faster arc just enters the
window, from choosing for all; the last term is there because the total must be right whatever the parts are: a second
arc that fits itself to the blocking leg lowers chi2 and multiplies the total.

Every cell has cables. An inductance that the series shows (sum of AICc lower by 6) is kept even when it leaves less
determined: without it the fast parts are biased. So is one that the spectra do not show but cannot exclude either, where
what a cable may have (2 uH at most) would move a resistance by half its standard deviation: leaving it out would be to know
that it is zero, and the resistance would look more certain than it is. A circuit given by a person is taken as it stands.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import attrs

from pelletry.core.errors import MeasurementError
from pelletry.core.finding import Finding
from pelletry.techniques.impedance.model.capacitance import capacitance_brug_blocking
from pelletry.techniques.impedance.model.circuit import parse_circuit
from pelletry.techniques.impedance.model.fit_result import CircuitFit

__all__ = [
    "BLOCKED_PELLET",
    "CELL",
    "LIBRARY",
    "CircuitCandidate",
    "CircuitChoice",
    "CircuitLibrary",
    "select_circuit",
    "selection_findings",
    "with_inductance",
]

SOURCES = ("HurvichTsai1989", "Boukamp1986")
#: Simple to rich; RICHER is tried only when half of the spectra are not described down to their noise.
LIBRARY = ("(RQ)Q", "R(RQ)Q")
POORER = "RQ"
RICHER = ("(RQ)(RQ)Q", "R(RQ)(RQ)Q")

#: Kinds of parameters that count when they are not determined.
_JUDGED = ("R", "n", "W")
LARGEST_AICC_COST = 20.0
COST_OF_UNRESOLVED = 6.0
COST_OF_LOST_TOTAL = 30.0
LARGEST_TOTAL_LOG_STD = 0.1
#: An arc with more than this share of the capacitance of the blocking leg belongs to the electrode.
LEG_SHARE = 0.1
#: A fit is as good as the noise when its residual is at most this many times the noise.
AS_GOOD_AS_NOISE = 1.5
#: Gain of AICc that an inductance must bring to the whole series.
INDUCTANCE_GAIN = 6.0
#: What a cable may have, to ask whether it could matter: about that of 1.5 m of thin wire, 0.2 l (ln(2 l/r) - 0.75) uH with l
#: and r in m (Rosa 1908). Nothing is computed with it but this question.
CABLE_H = 2e-6
#: A resistance hangs on the inductance when what the spectra leave open of it moves the resistance by this many of the
#: standard deviations it has without.
MOVED_BY_STD = 0.5
#: Two descriptions of one spectrum are about equally good within this difference of AICc.
AICC_AS_GOOD = 10.0


@attrs.frozen(kw_only=True)
class CircuitLibrary:
    """Circuits to compare: ``first`` always, ``poorer`` when their parts are not all determined, ``richer`` when none reaches the noise."""

    first: tuple[str, ...]
    poorer: tuple[str, ...]
    richer: tuple[str, ...]


#: Pellets between blocking electrodes.
BLOCKED_PELLET = CircuitLibrary(first=LIBRARY, poorer=(POORER,), richer=RICHER)
#: Cells through which a current flows: electrolyte, interfaces, and diffusion where the spectrum reaches it.
CELL = CircuitLibrary(
    first=("R(RQ)", "R(RQ)(RQ)", "R(RQ)(RQ)W"),
    poorer=("RQ", "R(RQ)W"),
    richer=("R(RQ)W", "R(RQ)(RQ)(RQ)", "R(RQ)(RQ)(RQ)W"),
)

FitAll = Callable[[str], Sequence[CircuitFit]]


@attrs.frozen(kw_only=True)
class CircuitCandidate:
    """One circuit tried on all spectra. ``unresolved`` are parts undetermined in more than half of them.

    ``aicc`` is the sum of ``aicc_by_spectrum``; ``cost`` the sum of ``cost_by_spectrum``, which judges.
    """

    circuit: str
    aicc: float
    aicc_by_spectrum: tuple[float, ...]
    rms_fraction: float
    unresolved: tuple[str, ...]
    loses_total: bool
    total_ohm: tuple[float | None, ...]
    fits: tuple[CircuitFit, ...] = attrs.field(repr=False, eq=False)
    cost_by_spectrum: tuple[float, ...] = ()
    superseded_by: str = ""
    superseded_why: str = ""
    reason: str = ""

    @property
    def cost(self) -> float:
        return sum(self.cost_by_spectrum)


@attrs.frozen(kw_only=True)
class CircuitChoice:
    """The circuit for the series, all candidates (lowest cost first), and what the choice does to the total.

    ``preferred_alone`` is the circuit that each spectrum would choose by itself. ``total_spread_fraction`` is the largest
    relative difference of the total resistance between the choice and the candidates that describe the data nearly as well.
    """

    circuit: str
    candidates: tuple[CircuitCandidate, ...]
    preferred_alone: tuple[str, ...]
    total_spread_fraction: float
    is_given: bool
    reason: str
    not_fitted: tuple[tuple[str, str], ...] = ()

    @property
    def chosen(self) -> CircuitCandidate:
        return next(c for c in self.candidates if c.circuit == self.circuit)


def with_inductance(circuit: str) -> str:
    """The circuit with a series inductance in front, unless it has one.

    >>> with_inductance("R(RQ)Q"), with_inductance("LR(RQ)Q")
    ('LR(RQ)Q', 'LR(RQ)Q')
    """
    return circuit if "L" in circuit else f"L{circuit}"


def select_circuit(
    *,
    fit_all: FitAll,
    noise_fraction: Sequence[float],
    user_circuit: str | None = None,
    inductance: str = "auto",
    library: CircuitLibrary = BLOCKED_PELLET,
) -> CircuitChoice:
    """Choose one circuit for a series of spectra.

    Parameters
    ----------
    fit_all:
        Fits one circuit (by its text) to all spectra, one fit each, in the same order; it may raise MeasurementError when
        the points are too few for that circuit.
    noise_fraction:
        Noise of each spectrum as a fraction of \\|Z\\| (rms over complex points), from a Kramers-Kronig test.
    user_circuit:
        A circuit given by a person: it is fitted and taken, nothing else is tried.
    inductance:
        ``"auto"`` adds a series L where it pays, ``"never"``, ``"always"``.
    library:
        The circuits to compare, :data:`BLOCKED_PELLET` or :data:`CELL`.

    Raises
    ------
    MeasurementError
        When no circuit can be fitted at all.
    """
    if user_circuit is not None:
        text = with_inductance(user_circuit) if inductance == "always" else user_circuit
        only = _candidate(text, tuple(fit_all(text)))
        reason = f"{text} was given in the study"
        return _choice(only, [only], [], is_given=True, reason=reason)
    found: list[CircuitCandidate] = []
    failed: list[tuple[str, str]] = []
    _try_circuits(library.first, fit_all, inductance, found, failed)
    if not found or _ranked(found)[0].unresolved:
        _try_circuits(library.poorer, fit_all, inductance, found, failed)
    if not found:
        raise MeasurementError(
            "no circuit of the library can be fitted", expected="more points in the window", do=failed[0][1]
        )
    if inductance == "auto":
        _try_inductance(fit_all, found, failed)
    if not any(_reaches_noise(c, noise_fraction) for c in found):
        _try_circuits(library.richer, fit_all, inductance, found, failed)
        if inductance == "auto" and _ranked(found)[0].circuit in library.richer:
            _try_inductance(fit_all, found, failed)
    ranked = _ranked(found)
    return _choice(ranked[0], ranked, failed, is_given=False, reason=_reason(ranked))


def _try_circuits(
    library: tuple[str, ...],
    fit_all: FitAll,
    inductance: str,
    found: list[CircuitCandidate],
    failed: list[tuple[str, str]],
) -> None:
    for base in library:
        text = with_inductance(base) if inductance == "always" else base
        try:
            found.append(_candidate(text, tuple(fit_all(text))))
        except MeasurementError as error:
            failed.append((text, str(error)))


def _try_inductance(fit_all: FitAll, found: list[CircuitCandidate], failed: list[tuple[str, str]]) -> None:
    """An L for the best circuit; when the series gains by it, or hangs on it, the circuit without it is out.

    Without the L its parts look better determined than they are: the cable biases the fast ones.
    """
    for base in _ranked(found)[:1]:
        text = with_inductance(base.circuit)
        if text == base.circuit:
            continue
        try:
            richer = _candidate(text, tuple(fit_all(text)))
        except MeasurementError as error:
            failed.append((text, str(error)))
            continue
        if richer.aicc < base.aicc - INDUCTANCE_GAIN:
            why = f"the spectra show the inductance of {text}"
        elif hanging := _hanging_on_inductance(base, richer):
            why = f"the spectra cannot exclude the inductance of {text}, and {', '.join(hanging)} would hang on its absence"
        else:
            continue
        out = [
            attrs.evolve(c, superseded_by=text, superseded_why=why) if c.circuit == base.circuit else c for c in found
        ]
        found[:] = [*out, richer]


def _hanging_on_inductance(base: CircuitCandidate, richer: CircuitCandidate) -> tuple[str, ...]:
    """Resistances that ``base`` determines in some spectrum and that an inductance would move."""
    names = [p.name for p in parse_circuit(base.circuit).parameters if p.kind == "R"]
    return tuple(n for n in names if any(_hangs(n, *pair) for pair in zip(base.fits, richer.fits, strict=True)))


def _hangs(name: str, without: CircuitFit, free: CircuitFit) -> bool:
    if not without.verdict(name).is_resolved:
        return False
    i, j, at = without.names.index(name), free.names.index(name), free.names.index("L1")
    # Two standard deviations of what the spectrum says of L, but no more than a cable has, in units of its coordinate.
    is_signed = at in parse_circuit(free.circuit_text).signed_indices
    open_ = min(2.0 * math.sqrt(free.log_covariance[at, at]), CABLE_H / (1.0 if is_signed else float(free.values[at])))
    moved = abs(free.log_covariance[at, j]) / free.log_covariance[at, at] * open_
    return bool(moved > MOVED_BY_STD * without.std[i] / without.values[i])


def _candidate(text: str, fits: tuple[CircuitFit, ...]) -> CircuitCandidate:
    aicc = tuple(fit.aicc if math.isfinite(fit.aicc) else math.inf for fit in fits)
    judged = [p.name for p in parse_circuit(text).parameters if p.kind in _JUDGED]
    unresolved = tuple(n for n in judged if sum(not f.verdict(n).is_resolved for f in fits) > len(fits) / 2)
    squares = [fit.rms_relative_residual**2 for fit in fits]
    return CircuitCandidate(
        circuit=text,
        aicc=sum(aicc),
        aicc_by_spectrum=aicc,
        rms_fraction=math.sqrt(sum(squares) / len(squares)),
        unresolved=unresolved,
        loses_total=sum(_loses_total(fit) for fit in fits) > len(fits) / 2,
        total_ohm=tuple(None if f.resistance_total is None else f.resistance_total.value for f in fits),
        fits=fits,
    )


def _loses_total(fit: CircuitFit) -> bool:
    """The total resistance is not determined, or contains an arc that is a piece of the blocking leg."""
    total = fit.resistance_total
    if total is None or total.std is None or total.std > LARGEST_TOTAL_LOG_STD * total.value:
        return True
    leg = _leg_capacitance(fit, total.value)
    return leg is not None and any(arc.capacitance.value > LEG_SHARE * leg for arc in fit.arcs)


def _leg_capacitance(fit: CircuitFit, total_ohm: float) -> float | None:
    """Brug's capacitance of a blocking Q at the end of the circuit; None when the circuit has no such leg."""
    parameters = parse_circuit(fit.circuit_text).parameters
    if len(parameters) < 2 or parameters[-1].kind != "n" or not fit.circuit_text.endswith("Q"):
        return None
    q, n = float(fit.values[-2]), float(fit.values[-1])
    return capacitance_brug_blocking(series_resistance_ohm=total_ohm, q=q, n=n)


def _reaches_noise(candidate: CircuitCandidate, noise_fraction: Sequence[float]) -> bool:
    """At least half of the spectra are described down to their noise."""
    pairs = zip(candidate.fits, noise_fraction, strict=True)
    good = sum(fit.rms_relative_residual <= AS_GOOD_AS_NOISE * noise for fit, noise in pairs)
    return good >= len(candidate.fits) / 2


def _ranked(found: list[CircuitCandidate]) -> list[CircuitCandidate]:
    """The candidates with their costs, lowest first; on equal cost the circuit with fewer parameters."""
    best = [min(column) for column in zip(*(c.aicc_by_spectrum for c in found), strict=True)]
    costed = [attrs.evolve(c, cost_by_spectrum=tuple(_cost(c, i, best[i]) for i in range(len(best)))) for c in found]
    return sorted(costed, key=lambda c: (bool(c.superseded_by), c.cost, len(c.fits[0].names)))


def _cost(candidate: CircuitCandidate, i: int, best_aicc: float) -> float:
    fit, behind = candidate.fits[i], candidate.aicc_by_spectrum[i] - best_aicc
    judged = [p.name for p in parse_circuit(candidate.circuit).parameters if p.kind in _JUDGED]
    unresolved = sum(not fit.verdict(name).is_resolved for name in judged)
    cost = LARGEST_AICC_COST if not math.isfinite(behind) else min(behind, LARGEST_AICC_COST)
    return cost + COST_OF_UNRESOLVED * unresolved + (COST_OF_LOST_TOTAL if _loses_total(fit) else 0.0)


def _reason(ranked: list[CircuitCandidate]) -> str:
    best = ranked[0]
    lowest = min(ranked, key=lambda c: c.aicc)
    if lowest.circuit == best.circuit:
        words = f"{best.circuit} has the lowest AICc{_lead(ranked)}"
    elif lowest.superseded_by == best.circuit:
        words = f"{best.circuit}; {lowest.circuit} has a lower AICc but {lowest.superseded_why}"
    elif lowest.loses_total:
        words = f"{best.circuit}; {lowest.circuit} has a lower AICc but takes a piece of the electrode for an arc"
    elif lowest.unresolved:
        words = f"{best.circuit}; {lowest.circuit} has a lower AICc but its {', '.join(lowest.unresolved)} are not determined"
    else:
        words = (
            f"{best.circuit} serves most spectra best; {lowest.circuit} has a lower AICc in sum through single spectra"
        )
    if best.unresolved:
        return f"{words}; its {', '.join(best.unresolved)} are not resolved in most spectra, the total is"
    return f"{words}; its parts are resolved"


def _lead(ranked: list[CircuitCandidate]) -> str:
    others = sorted((c.aicc, c.circuit) for c in ranked[1:] if math.isfinite(c.aicc))
    return f" ({others[0][0] - ranked[0].aicc:.0f} below {others[0][1]})" if others else ""


def _choice(
    chosen: CircuitCandidate,
    ranked: list[CircuitCandidate],
    failed: list[tuple[str, str]],
    *,
    is_given: bool,
    reason: str,
) -> CircuitChoice:
    alone = tuple(
        min(ranked, key=lambda c, i=i: (bool(c.superseded_by), *c.cost_by_spectrum[i : i + 1])).circuit  # type: ignore[misc]
        for i in range(len(chosen.fits))
    )
    return CircuitChoice(
        circuit=chosen.circuit,
        candidates=tuple(attrs.evolve(c, reason=_why(c, chosen, reason)) for c in ranked),
        preferred_alone=alone,
        total_spread_fraction=_total_spread(chosen, ranked),
        is_given=is_given,
        reason=reason,
        not_fitted=tuple(failed),
    )


def _why(candidate: CircuitCandidate, chosen: CircuitCandidate, reason: str) -> str:
    if candidate.circuit == chosen.circuit:
        return reason
    words = [f"AICc {candidate.aicc - chosen.aicc:+.0f}" if math.isfinite(candidate.aicc) else "no finite AICc"]
    if candidate.superseded_by:
        words.append(candidate.superseded_why)
    if candidate.unresolved:
        words.append(f"not determined: {', '.join(candidate.unresolved)}")
    if candidate.loses_total:
        words.append("total not determined, or an arc that belongs to the electrode")
    return "; ".join(words)


def _total_spread(chosen: CircuitCandidate, ranked: list[CircuitCandidate]) -> float:
    """Largest relative difference of the total to that of another candidate with an AICc as good in that spectrum."""
    spread = 0.0
    for other in ranked:
        for i, (mine, theirs) in enumerate(zip(chosen.total_ohm, other.total_ohm, strict=True)):
            is_as_good = other.aicc_by_spectrum[i] - chosen.aicc_by_spectrum[i] <= AICC_AS_GOOD
            if mine and theirs and is_as_good and not _loses_total(other.fits[i]):
                spread = max(spread, abs(theirs / mine - 1.0))
    return spread


def selection_findings(choice: CircuitChoice, *, names: Sequence[str], sample: str = "") -> tuple[Finding, ...]:
    """The choice in words; a notice where single spectra would have chosen otherwise or the total depends on it."""
    samples = (sample,) if sample else ()
    if choice.is_given:
        return (Finding(code="circuit-given", severity="info", sentence=f"Circuit: {choice.reason}.", samples=samples),)
    found = [Finding(code="circuit-chosen", severity="notice", sentence=f"Circuit: {choice.reason}.", samples=samples)]
    pairs = zip(names, choice.preferred_alone, strict=True)
    others = [f"{name} ({circuit})" for name, circuit in pairs if circuit != choice.circuit]
    if others:
        sentence = (
            f"One circuit, {choice.circuit}, is used at all temperatures so that the energies compare like with like; taken "
            f"alone, {', '.join(others)} would have chosen otherwise."
        )
        found.append(Finding(code="circuit-differs-alone", severity="info", sentence=sentence, samples=samples))
    if choice.total_spread_fraction > 0.02:
        sentence = (
            f"The total resistance moves by up to {100 * choice.total_spread_fraction:.1f} % between circuits that describe "
            "the spectra about equally well; its interval does not contain this."
        )
        found.append(Finding(code="total-depends-on-circuit", severity="warning", sentence=sentence, samples=samples))
    return tuple(found)
