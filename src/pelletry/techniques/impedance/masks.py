"""Which points of a spectrum are fitted: a person's decisions, the settings' window, then the reasoned proposal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array
from pelletry.core.finding import Finding
from pelletry.techniques.impedance.measurement import ImpedanceSpectrum
from pelletry.techniques.impedance.model.kramers_kronig import linear_kramers_kronig
from pelletry.techniques.impedance.model.plausibility import check_spectrum
from pelletry.techniques.impedance.model.window import ProposedWindow, propose_window, window_findings
from pelletry.techniques.impedance.result import Consistency, MaskedPoint
from pelletry.techniques.impedance.settings import ImpedanceSettings

__all__ = ["Prepared", "decisions_for", "prepared", "turned"]

#: Fewer points than this are not tested: Lin-KK would follow anything.
_FEWEST_FOR_TEST = 8
#: Residuals of a good measurement stay below this share of |Z|.
_GOOD_RMS, _GOOD_WORST = 0.01, 0.03

Mask = npt.NDArray[np.bool_]


@attrs.frozen(kw_only=True, eq=False)
class Prepared:
    """A spectrum with its points sorted into used and left out, and the Kramers-Kronig test of those used.

    ``findings`` are those of plausibility and window; ``doubts`` the codes of those that no good measurement has.
    """

    spectrum: ImpedanceSpectrum
    use: Mask
    masked: tuple[MaskedPoint, ...]
    consistency: Consistency | None
    findings: tuple[Finding, ...]
    doubts: tuple[str, ...] = ()


def decisions_for(
    spectrum: ImpedanceSpectrum, decisions: Mapping[str, Any], kind: str
) -> tuple[Mapping[str, Any], ...]:
    """The decisions of one kind that concern a spectrum: those on its file and record, or on all of the sample's."""
    origin = spectrum.origin
    return tuple(
        d
        for d in decisions.get(kind, ())
        if d.get("file") in (None, origin.path) and d.get("record") in (None, origin.record)
    )


def turned(spectrum: ImpedanceSpectrum, decisions: Mapping[str, Any]) -> ImpedanceSpectrum:
    """The spectrum with Z'' of the other sign where a person says that its file has it wrong; ``turned`` says who and why."""
    decided = decisions_for(spectrum, decisions, "sign")
    if not decided:
        return spectrum
    # Said twice (for the sample and for the file) it is still one correction.
    words = f"{decided[0]['reason']} ({decided[0]['author']}, {decided[0]['date']})"
    return attrs.evolve(spectrum, impedance_ohm=spectrum.impedance_ohm.conj(), turned=words)


def prepared(
    spectrum: ImpedanceSpectrum,
    *,
    settings: ImpedanceSettings,
    decisions: Mapping[str, Any],
    has_inductance: bool,
    sample: str,
) -> Prepared:
    """Sort the points of one spectrum; ``has_inductance`` says whether a circuit with an L may be fitted."""
    reasons: dict[int, tuple[str, str]] = {}
    for decision in decisions_for(spectrum, decisions, "mask"):
        words = f"{decision['reason']} ({decision['author']}, {decision['date']})"
        for i in np.flatnonzero(_decided(spectrum, decision)).tolist():
            reasons.setdefault(i, (words, "decision"))
    for i in np.flatnonzero(_outside_window(spectrum.frequency_Hz, settings)).tolist():
        reasons.setdefault(i, ("outside the frequency window of the settings", "settings"))
    use = np.ones(spectrum.points, dtype=bool)
    use[list(reasons)] = False
    masked = [_masked(spectrum, i, reason, source, True) for i, (reason, source) in reasons.items()]
    findings = check_spectrum(
        frequency_Hz=spectrum.frequency_Hz,
        impedance_ohm=spectrum.impedance_ohm,
        name=spectrum.origin.path,
        sample=sample,
        limit_ohm=settings.impedance_limit_ohm,
    )
    if settings.trim != "off" and use.sum() >= _FEWEST_FOR_TEST:
        places = np.flatnonzero(use)
        window = propose_window(
            frequency_Hz=spectrum.frequency_Hz[use],
            impedance_ohm=spectrum.impedance_ohm[use],
            has_inductance=has_inductance,
        )
        is_applied = settings.trim == "apply"
        findings = (*findings, *_as_said(window, spectrum, sample, is_applied=is_applied))
        for trim in window.trims:
            for i in trim.indices:
                masked.append(_masked(spectrum, int(places[i]), trim.reason, "proposal", is_applied))
        if is_applied:
            use[places[~window.use]] = False
    masked.sort(key=lambda m: -m.frequency_Hz)
    return Prepared(
        spectrum=spectrum,
        use=use,
        masked=tuple(masked),
        consistency=_consistency(spectrum, use),
        findings=findings,
        doubts=tuple(dict.fromkeys(f.code for f in findings if f.severity in ("warning", "error"))),
    )


def _decided(spectrum: ImpedanceSpectrum, decision: Mapping[str, Any]) -> Mask:
    """Points of a mask: by frequency range (an open end is infinite), or by their place in the file."""
    chosen = np.isin(spectrum.file_row, list(decision.get("points", ())))
    low, high = decision.get("low_Hz"), decision.get("high_Hz")
    if low is None and high is None:
        return chosen
    # A frequency written with few digits must still meet the point it names.
    above = True if low is None else spectrum.frequency_Hz >= low * (1 - 1e-6)
    below = True if high is None else spectrum.frequency_Hz <= high * (1 + 1e-6)
    return np.asarray(chosen | (above & below))


def _outside_window(frequency_Hz: Array, settings: ImpedanceSettings) -> Mask:
    outside = np.zeros(frequency_Hz.size, dtype=bool)
    if settings.frequency_min_Hz is not None:
        outside |= frequency_Hz < settings.frequency_min_Hz * (1 - 1e-9)
    if settings.frequency_max_Hz is not None:
        outside |= frequency_Hz > settings.frequency_max_Hz * (1 + 1e-9)
    return outside


def _masked(spectrum: ImpedanceSpectrum, i: int, reason: str, source: str, is_left_out: bool) -> MaskedPoint:
    z = spectrum.impedance_ohm[i]
    return MaskedPoint(
        frequency_Hz=float(spectrum.frequency_Hz[i]),
        real_ohm=float(z.real),
        imaginary_ohm=float(z.imag),
        reason=reason,
        source=source,
        is_left_out=is_left_out,
    )


def _as_said(
    window: ProposedWindow, spectrum: ImpedanceSpectrum, sample: str, *, is_applied: bool
) -> tuple[Finding, ...]:
    found = window_findings(window, name=spectrum.origin.path, sample=sample)
    if is_applied:
        return found
    return tuple(
        attrs.evolve(f, sentence=f.sentence.replace("left out:", "proposed to be left out, kept:")) for f in found
    )


def _consistency(spectrum: ImpedanceSpectrum, use: Mask) -> Consistency | None:
    frequency_Hz = spectrum.frequency_Hz[use]
    if frequency_Hz.size < _FEWEST_FOR_TEST:
        return None
    found = linear_kramers_kronig(frequency_Hz, spectrum.impedance_ohm[use])
    size = np.maximum(np.abs(found.residual.real), np.abs(found.residual.imag))
    rms = float(np.sqrt(np.mean(np.abs(found.residual) ** 2)))
    worst = float(size.max())
    at = float(frequency_Hz[int(np.argmax(size))])
    verdict = "consistent with Kramers-Kronig" if rms <= _GOOD_RMS and worst <= _GOOD_WORST else "in doubt"
    return Consistency(
        frequency_Hz=frequency_Hz,
        residual=found.residual,
        rc_count=found.rc_count,
        mu=found.mu,
        rms_fraction=rms,
        worst_fraction=worst,
        sentence=f"{verdict}: residuals {100 * rms:.2g} % rms, at most {100 * worst:.2g} % (at {at:.3g} Hz)",
    )
