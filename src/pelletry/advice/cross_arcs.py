"""Conductivities of bulk or grain boundary that are given although the arc they stand for is not seen in the spectrum."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pelletry.advice.words import finding as _finding
from pelletry.advice.words import listed
from pelletry.core.finding import Finding
from pelletry.core.quantity import Estimate
from pelletry.study.result import StudyResult

__all__ = ["arcs_beyond_the_window"]

_WORDS = {"bulk": "bulk", "grain_boundary": "grain boundary"}


def arcs_beyond_the_window(result: StudyResult) -> Iterator[Finding]:
    """One finding a part: the samples and temperatures at which its conductivity rests on an arc without an apex."""
    for part, words in _WORDS.items():
        where: list[str] = []
        names: list[str] = []
        for sample in result.samples:
            degrees = _unseen(result.of(sample.name, "impedance"), part)
            if degrees:
                where.append(f"{sample.name} at {_range(degrees)}")
                names.append(sample.name)
        if where:
            sentence = (
                f"The {words} conductivity is given where the apex of its arc lies beyond the measured frequencies ({listed(where, most=4)}): "
                "it is an intercept, and depends on what the circuit makes of the missing part. Quote the total, or measure colder or at "
                "higher frequencies."
            )
            yield _finding("conductivity-of-unseen-arc", "notice", sentence, names, [f"conductivity_{part}"])


def _range(degrees: list[float]) -> str:
    low, high = min(degrees), max(degrees)
    return f"{low:.4g} °C" if low == high else f"{low:.4g} to {high:.4g} °C"


def _unseen(impedance: Any, part: str) -> list[float]:
    """Temperatures [°C] of the conductivities whose arc is not seen."""
    if impedance is None:
        return []
    found = []
    for point in impedance.of_part(part) if hasattr(impedance, "of_part") else ():
        spectrum = impedance.spectra[point.spectrum_index]
        elements = [e for e in spectrum.path if e.part == part]
        is_given = isinstance(point.conductivity, Estimate) and point.temperature_K is not None
        if is_given and elements and not any(_has_apex(e, spectrum) for e in elements):
            found.append(point.temperature_K - 273.15)
    return found


def _has_apex(element: Any, spectrum: Any) -> bool:
    """Is the characteristic frequency of the arc among those that were fitted?"""
    used = spectrum.frequency_Hz[spectrum.is_used]
    peak = element.peak_frequency
    return isinstance(peak, Estimate) and used.size > 0 and used.min() <= peak.value <= used.max()
