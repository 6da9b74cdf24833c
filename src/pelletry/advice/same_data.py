"""One measurement under two names: spectra of different samples, or of one at two temperatures, that agree to the last digits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from pelletry.core.finding import Finding
from pelletry.study.result import StudyResult

__all__ = ["same_data_twice"]

#: Two exports of one measurement differ by their rounding; two measurements differ by their noise, which is larger.
_SAME = 1e-5


@attrs.frozen(kw_only=True)
class _Measured:
    sample: str
    spectrum: Any

    @property
    def size_ohm(self) -> float:
        """|Z| of the first point: what spectra are put in order by, so that few pairs need a closer look."""
        return float(abs(self.spectrum.impedance_ohm[0]))

    @property
    def words(self) -> str:
        return f"{self.sample} at {self.spectrum.label} ({self.spectrum.origin.path})"


def same_data_twice(result: StudyResult) -> tuple[Finding, ...]:
    """One finding for each pair of spectra with the same numbers in files that differ.

    Files with the same bytes are said by the run itself, exports of one run within a sample by its analysis.
    """
    ordered = sorted(_measured(result), key=lambda one: one.size_ohm)
    found = []
    for i, a in enumerate(ordered):
        for b in ordered[i + 1 :]:
            if b.size_ohm > a.size_ohm * (1 + 3 * _SAME):
                break
            if a.spectrum.origin.sha256 != b.spectrum.origin.sha256 and _is_same(a.spectrum, b.spectrum):
                found.append((a, b))
    places = {sample.name: i for i, sample in enumerate(result.samples)}
    pairs = [sorted(pair, key=lambda one: places.get(one.sample, 0)) for pair in found]
    return tuple(_said(a, b) for a, b in sorted(pairs, key=lambda pair: places.get(pair[0].sample, 0)))


def _measured(result: StudyResult) -> Iterator[_Measured]:
    for found in result.results:
        # Cycling keeps spectra of its own kind: their resistance only. The same files come as impedance as well.
        if found.technique != "impedance":
            continue
        for spectrum in getattr(found.result, "spectra", ()):
            yield _Measured(sample=found.sample, spectrum=spectrum)


def _is_same(a: Any, b: Any) -> bool:
    if a.frequency_Hz.shape != b.frequency_Hz.shape:
        return False
    apart = abs(a.impedance_ohm - b.impedance_ohm) <= _SAME * abs(a.impedance_ohm)
    return bool(apart.all() and (abs(a.frequency_Hz / b.frequency_Hz - 1.0) <= _SAME).all())


def _said(a: _Measured, b: _Measured) -> Finding:
    sentence = (
        f"{a.words} and {b.words} are the same numbers in every point: one measurement under two names. Look which "
        "pellet and temperature it is of, and set the other file aside in files.csv."
    )
    samples = tuple(dict.fromkeys((a.sample, b.sample)))
    return Finding(code="same-data-twice", severity="warning", sentence=sentence, samples=samples)
