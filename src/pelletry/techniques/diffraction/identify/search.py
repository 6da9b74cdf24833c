"""The search by whole profiles: the best candidate is refined and tested, its part explained, then the next, until nothing is left to win.

Order of the work (each step's reason): the width of the raw peaks and the fast screen order the candidates; the first phases calibrate the
profile; each trial is one short warm refinement; a phase is taken when the scaled criterion, lines of its own, no missing lines, a cell near
the table's and a possible width all say so; at the end phases that the others have made superfluous are put out again. Peaks that stay are
listed, never forced upon a phase.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.reference.phases.entries import elements_of
from pelletry.techniques.diffraction.identify.composition import FROM_AIR
from pelletry.techniques.diffraction.identify.folder import CifFolder
from pelletry.techniques.diffraction.identify.forward import LEAST_GAIN, ForwardSearch, Trial
from pelletry.techniques.diffraction.identify.found import (
    Confidence,
    Evidence,
    FoundPhase,
    Identification,
    Rival,
    UnexplainedPeak,
)
from pelletry.techniques.diffraction.identify.peaks import find_peaks
from pelletry.techniques.diffraction.identify.screen import likeness
from pelletry.techniques.diffraction.identify.unexplained import suggestions_for, unexplained_peaks
from pelletry.techniques.diffraction.model.data import Pattern
from pelletry.techniques.diffraction.model.instrument import Instrument
from pelletry.techniques.diffraction.model.options import RefineOptions
from pelletry.techniques.diffraction.model.result import Refinement
from pelletry.techniques.diffraction.model.structure import Structure

__all__ = ["LEAST_GAIN", "identify"]

_MOST_PHASES = 10
_RIVAL_LIKENESS = 0.93
_MOST_RIVALS = 6
#: Phases of one space group whose cells differ by less are of one structure type here.
_SAME_KIND = 0.03


def identify(
    pattern: Pattern,
    instrument: Instrument,
    library: Sequence[Structure],
    *,
    elements: Iterable[str] | None = None,
    folder: CifFolder | None = None,
    options: RefineOptions | None = None,
    most_phases: int = _MOST_PHASES,
) -> Identification:
    """The phases of ``library`` that a pattern holds.

    Parameters
    ----------
    library:
        Candidates; those without coordinates are only suggested for peaks that stay unexplained.
    elements:
        Elements that may be in the sample; O, H and C may always be (air). None: any, which takes longer and is less certain.
    folder:
        A user's own CIF files, indexed (:class:`CifFolder`); those whose strong lines stand at peaks become candidates as well.
    options:
        Of every refinement of the search; None: defaults.

    Returns
    -------
    :
        Phases by falling mass fraction, rivals, unexplained peaks; an empty answer when nothing fits.
    """
    allowed = None if elements is None else frozenset(elements) | FROM_AIR
    candidates = [s for s in library if allowed is None or elements_of(s.formula) <= allowed]
    if folder is not None:
        candidates += _of_folder(folder, pattern, instrument, allowed, {s.name for s in candidates})
    search = ForwardSearch(pattern, instrument, candidates, options or RefineOptions())
    while len(search.taken) < most_phases and search.step():
        pass
    search.put_out_superfluous()
    search.put_out_needless_lines()
    search.try_texture()
    search.finish()
    return _answer(search, candidates, allowed)


def _of_folder(
    folder: CifFolder, pattern: Pattern, instrument: Instrument, allowed: frozenset[str] | None, names: set[str]
) -> list[Structure]:
    """Structures of the user's folder that the peaks speak for, with names of their own."""
    wavelength = instrument.radiation.lines[0].wavelength_angstrom
    angles = np.array([peak.two_theta_deg for peak in find_peaks(pattern, instrument.radiation)])
    d = wavelength / (2.0 * np.sin(np.radians(angles) / 2.0))
    found = []
    for structure in folder.candidates(d, elements=allowed):
        name = structure.name if structure.name not in names else f"{structure.name} ({structure.source})"
        if name not in names:
            names.add(name)
            found.append(attrs.evolve(structure, name=name))
    return found


def _answer(search: ForwardSearch, candidates: Sequence[Structure], allowed: frozenset[str] | None) -> Identification:
    current = search.current if search.taken else None
    radiation = search.instrument.radiation
    if current is None:
        background: Array = np.interp(
            search.whole.two_theta_deg, search.pattern.two_theta_deg[search.pattern.use], search.raw_background
        )
        calculated = background
    else:
        background, calculated = current.background, current.calculated
    peaks, wrong = unexplained_peaks(search.whole, calculated, background, radiation, search.width, current)
    # A peak where some other phase would have a line is still one that a phase known by its cell may explain.
    suggestions = suggestions_for(peaks, candidates, radiation, tolerance_deg=0.5 * search.fwhm_at(30.0))
    peaks = tuple(attrs.evolve(peak, hint=peak.hint or _first_line_here(search, peak)) for peak in peaks)
    phases = tuple(_found(search, trial, current) for trial in search.taken) if current is not None else ()
    phases = tuple(sorted(phases, key=lambda p: -(p.mass_fraction.value if p.mass_fraction else 0.0)))
    made_of = (
        "any elements"
        if allowed is None
        else f"{', '.join(sorted(allowed - FROM_AIR))} (and {', '.join(sorted(FROM_AIR))})"
    )
    sentences = [
        f"{len(candidates)} candidates made of {made_of}; {search.refinements} refinements, {len(phases)} {'phase' if len(phases) == 1 else 'phases'} taken."
    ]
    if peaks:
        worst = max(peaks, key=lambda p: p.height)
        sentences.append(
            f"{len(peaks)} peaks stay unexplained, the strongest at {worst.two_theta_deg:.2f}° with {100 * worst.share:.1f} % of the "
            "pattern's highest: a phase that is not among the candidates, or a profile that is not good enough there."
        )
    sentences += [line.sentence for line in wrong]
    return Identification(
        phases=phases,
        unexplained=peaks,
        disagreeing=wrong,
        extra_lines=tuple(sorted(search.options.extra_lines)) if current is not None else (),
        refused=tuple(search.refused),
        suggestions=suggestions,
        refinement=current,
        candidates=len(candidates),
        refinements=search.refinements,
        sentences=tuple(sentences),
    )


def _first_line_here(search: ForwardSearch, peak: UnexplainedPeak) -> str:
    """Candidates whose strongest line would stand at this peak."""
    taken = {trial.structure.name for trial in search.taken}
    room = 0.4 * search.fwhm_at(peak.two_theta_deg)
    names = []
    for structure, table in zip(search.screen.candidates, search.screen.tables, strict=True):
        if structure.sites and structure.name not in taken and table.strength.size:
            first = float(table.two_theta_deg[int(np.argmax(table.strength))])
            if abs(first - peak.two_theta_deg) < room:
                names.append(structure.name)
    return f"the strongest line of {' or of '.join(names[:3])} would stand here" if names else ""


def _found(search: ForwardSearch, trial: Trial, refinement: Refinement) -> FoundPhase:
    phase = refinement.phase(trial.structure.name)
    evidence = trial.evidence
    confidence = _confidence(evidence)
    rivals = _rivals(search, trial.screened.number)
    lines = f"{evidence.own_lines} of its {evidence.expected_lines} visible lines stand alone"
    sentence = f"{trial.structure.name}: {confidence}; {lines}, cell {100 * evidence.strain:+.2f} % from the table's."
    if rivals:
        sentence += f" The pattern hardly tells it from {', '.join(rival.name for rival in rivals)}."
    return FoundPhase(
        name=trial.structure.name,
        formula=trial.structure.formula,
        structure=phase.structure,
        confidence=confidence,
        mass_fraction=phase.mass_fraction,
        evidence=evidence,
        rivals=rivals,
        sentence=sentence,
    )


def _confidence(evidence: Evidence) -> Confidence:
    if evidence.own_lines >= 4 and evidence.gain > 10.0 * LEAST_GAIN and evidence.missing_lines == 0:
        return "certain"
    if evidence.own_lines >= 2 and evidence.gain > 3.0 * LEAST_GAIN:
        return "probable"
    return "possible"


def _rivals(search: ForwardSearch, number: int) -> tuple[Rival, ...]:
    """Other candidates with nearly the same pattern, once strained to fit."""
    here = search.screen.candidates[number]
    found = []
    for other, structure in enumerate(search.screen.candidates):
        if other == number or not structure.sites or any(t.screened.number == other for t in search.taken):
            continue
        alike = likeness(search.screen, number, other)
        if alike > _RIVAL_LIKENESS:
            off = float(np.mean([structure.cell[i] / here.cell[i] - 1.0 for i in range(3)]))
            is_same_kind = structure.space_group == here.space_group and abs(off) < _SAME_KIND
            told_by = f"only its cell ({100 * off:+.1f} %) tells" if is_same_kind else "only its weaker lines tell"
            sentence = f"{structure.name}: nearly the same pattern (cosine {alike:.3f}); {told_by} them apart"
            found.append(
                Rival(
                    name=structure.name,
                    formula=structure.formula,
                    likeness=alike,
                    cell_difference=off,
                    sentence=sentence,
                )
            )
    return tuple(sorted(found, key=lambda rival: -rival.likeness)[:_MOST_RIVALS])
