"""What the items of the checklist look at: the pellets and cells of a study, and how one answer is made of many samples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs

from pelletry.advice.relatives import ancestors
from pelletry.advice.words import listed
from pelletry.core.quantity import Estimate, Reported
from pelletry.core.sample import Sample
from pelletry.study.result import StudyResult

__all__ = ["ABSENT", "NOT_APPLICABLE", "PRESENT", "Group", "State", "Subjects", "each", "subjects_of"]

PRESENT, ABSENT, NOT_APPLICABLE = "present", "absent", "not applicable"

#: State and what is there or lacking.
State = tuple[str, str]


@attrs.frozen(kw_only=True)
class Subjects:
    """``pellets`` have spectra between blocking electrodes, ``cells`` let a current through."""

    result: StudyResult
    pellets: tuple[Sample, ...]
    cells: tuple[Sample, ...]

    def of(self, sample: Sample, technique: str) -> Any:
        """The result of a technique on the sample, or on what it was made of."""
        for name in (sample.name, *ancestors(self.result, sample.name)):
            found = self.result.of(name, technique)
            if found is not None:
                return found
        return None

    def spectra(self, sample: Sample) -> tuple[Any, ...]:
        """The fitted spectra of a sample; those of the battery cycler's own analysis are not among them."""
        found = getattr(self.result.of(sample.name, "impedance"), "spectra", ())
        return tuple(spectrum for spectrum in found if hasattr(spectrum, "consistency"))

    def reported(self, sample: Sample, *names: str) -> tuple[Reported, ...]:
        """Resolved numbers of these names, of the sample or of what it was made of."""
        family = (sample.name, *ancestors(self.result, sample.name))
        found = (q for one in family for name in names for q in self.result.reported(one, name))
        return tuple(q for q in found if isinstance(q.quantity, Estimate))

    def found(self, code: str) -> tuple[str, ...]:
        """The samples of which a finding of that code speaks."""
        return tuple(dict.fromkeys(s for f in self.result.findings if f.code == code for s in f.samples))


Group = list[tuple[str, str, Callable[[Subjects], State]]]


def subjects_of(result: StudyResult) -> Subjects:
    """Sort the samples into pellets and cells by what was measured of them."""
    pellets, cells = [], []
    for sample in result.samples:
        impedance, cycling = result.of(sample.name, "impedance"), result.of(sample.name, "cycling")
        is_blocking = getattr(cycling, "kind", "") == "blocking"
        if (cycling is not None and not is_blocking) or bool(getattr(impedance, "cell", "")):
            cells.append(sample)
        elif getattr(impedance, "spectra", ()):
            pellets.append(sample)
    return Subjects(result=result, pellets=tuple(pellets), cells=tuple(cells))


def each(samples: Sequence[Sample], has: Callable[[Sample], bool], *, there: str = "") -> State:
    """Present when every sample has it; absent with the names of those that do not; not applicable without samples."""
    if not samples:
        return NOT_APPLICABLE, ""
    without = [sample.name for sample in samples if not has(sample)]
    if not without:
        return PRESENT, there or f"of {len(samples)}"
    if len(without) == len(samples):
        return ABSENT, "of none"
    return ABSENT, f"lacking of {listed(without, most=4)}"
