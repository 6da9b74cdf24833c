"""One spectrum that lies in two files, such as a vendor's binary and its text export: it is one measurement and counts once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pelletry.core.finding import Finding
from pelletry.techniques.impedance.measurement import ImpedanceSpectrum

__all__ = ["without_twins"]

#: A text export keeps six digits or so; the noise of a second measurement is far above that at some point at least.
_ALIKE = 1e-5


def _is_twin(one: ImpedanceSpectrum, other: ImpedanceSpectrum) -> bool:
    """The same numbers to the digits of an export, and no two temperatures that contradict each other."""
    temperatures = {s.temperature_K for s in (one, other)} - {None}
    return bool(
        one.points == other.points
        and len(temperatures) < 2
        and np.allclose(one.frequency_Hz, other.frequency_Hz, rtol=_ALIKE, atol=0.0)
        and (np.abs(one.impedance_ohm - other.impedance_ohm) <= _ALIKE * np.abs(one.impedance_ohm)).all()
    )


def without_twins(
    spectra: Sequence[ImpedanceSpectrum], sample: str
) -> tuple[tuple[ImpedanceSpectrum, ...], tuple[Finding, ...]]:
    """The spectra without repetitions of one already there, in their order, and a finding for each that was left out.

    Of two twins the one whose temperature is known stays, else the first.
    """
    kept: list[ImpedanceSpectrum] = []
    findings = []
    for spectrum in sorted(spectra, key=lambda s: s.temperature_K is None):
        first = next((k for k in kept if _is_twin(k, spectrum)), None)
        if first is None:
            kept.append(spectrum)
            continue
        sentence = (
            f"{_place(spectrum)} holds the same spectrum as {_place(first)}: used once. "
            "Set one of them aside in files.csv if that is what you mean."
        )
        findings.append(Finding(code="same-spectrum", severity="notice", sentence=sentence, samples=(sample,)))
    return tuple(s for s in spectra if any(s is k for k in kept)), tuple(findings)


def _place(spectrum: ImpedanceSpectrum) -> str:
    record = spectrum.origin.record
    return f"{spectrum.origin.path}, spectrum {record + 1}" if record else spectrum.origin.path
