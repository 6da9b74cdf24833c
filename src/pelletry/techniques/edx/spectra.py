"""Which elements a spectrum shows, held against the composition that was stated."""

from __future__ import annotations

from collections.abc import Collection

from pelletry.reference.emission_lines import LINES, detector_width_keV, lines_of_element
from pelletry.techniques.edx.measurement import EdxSpectrum
from pelletry.techniques.edx.model.spectrum import line_count
from pelletry.techniques.edx.result import LineSeen, SpectrumResult
from pelletry.techniques.edx.settings import EdxSettings

__all__ = ["looked_at"]


def looked_at(
    spectrum: EdxSpectrum, settings: EdxSettings, *, expected: Collection[str], beam_keV: float | None
) -> SpectrumResult:
    """All lines of the table that the beam excites and the spectrum holds.

    A line of an element that is not expected counts as seen only when no line of an expected or coating element lies within one detector
    width of it: those cannot be told apart.
    """
    energies = {
        name: [line.energy_keV for e in group for line in LINES.get(e, ())]
        for name, group in (("expected", expected), ("coating", settings.coating))
    }
    found = []
    for element in LINES:
        for line in lines_of_element(element, beam_keV=beam_keV):
            count = line_count(spectrum.energy_keV, spectrum.counts, line.energy_keV)
            if count is None:
                continue
            others = [] if element in expected else energies["expected"]
            others = others if element in {*expected, *settings.coating} else [*others, *energies["coating"]]
            width = detector_width_keV(line.energy_keV)
            is_covered = any(abs(energy - line.energy_keV) < width for energy in others)
            found.append(
                LineSeen(
                    element=element,
                    line=line.shown_name,
                    energy_keV=line.energy_keV,
                    counts=count.counts,
                    std_counts=count.std,
                    is_seen=count.significance >= settings.least_significance and not is_covered,
                    is_expected=element in expected,
                )
            )
    return SpectrumResult(
        name=spectrum.name,
        energy_keV=spectrum.energy_keV,
        counts=spectrum.counts,
        beam_keV=beam_keV,
        lines=tuple(found),
    )
