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
from pelletry.core.errors import PelletryError
from pelletry.reference.phases.library import elements_of
from pelletry.techniques.diffraction.identify.background import background_under_peaks
from pelletry.techniques.diffraction.identify.composition import FROM_AIR
from pelletry.techniques.diffraction.identify.evidence import chi_squared, evidence_of, gain_of, merit_of, refusal_of
from pelletry.techniques.diffraction.identify.folder import CifFolder
from pelletry.techniques.diffraction.identify.found import (
    Confidence,
    Evidence,
    FoundPhase,
    Identification,
    Rival,
    UnexplainedPeak,
)
from pelletry.techniques.diffraction.identify.peaks import WidthLaw, find_peaks, width_law
from pelletry.techniques.diffraction.identify.screen import Screen, Screened, likeness
from pelletry.techniques.diffraction.identify.unexplained import likely_textures, suggestions_for, unexplained_peaks
from pelletry.techniques.diffraction.model.data import Pattern
from pelletry.techniques.diffraction.model.instrument import Instrument
from pelletry.techniques.diffraction.model.options import RefineOptions, Texture
from pelletry.techniques.diffraction.model.refine import refine
from pelletry.techniques.diffraction.model.result import Refinement
from pelletry.techniques.diffraction.model.structure import Structure

__all__ = ["LEAST_GAIN", "identify"]

LEAST_GAIN = 30.0
_MOST_PHASES = 10
_TRIALS_A_STEP = 4
_LEAST_SCREEN_GAIN = 25.0
_LEAST_LINES_THERE = 0.3
_RIVAL_LIKENESS = 0.90
_MOST_RIVALS = 6
_FIRST_EVALUATIONS = 40
_TRIAL_EVALUATIONS = 20
#: Below this share of the first phase's gain, residual lines of the tube are tried before another phase is.
_WEAK_SHARE = 0.08
_POINTS_A_WIDTH = 5.0
_LEAST_WIDTH_DEG = 0.005
#: A phase with less of the pattern takes the width of the largest: a wide one would otherwise repair the background.
_MINOR_FRACTION = 0.08


@attrs.frozen(kw_only=True)
class _Trial:
    """One refinement with a candidate added."""

    screened: Screened
    structure: Structure
    refinement: Refinement
    evidence: Evidence


class _Search:
    """State of one search: what is taken, the refinement of it, and how many refinements were made."""

    def __init__(
        self, pattern: Pattern, instrument: Instrument, candidates: Sequence[Structure], options: RefineOptions
    ):
        self.whole = pattern
        self.instrument = instrument
        self.options = options
        self.width: WidthLaw = width_law(find_peaks(pattern, instrument.radiation))
        self.pattern = pattern = _coarser(pattern, self.width)
        self.screen = Screen(pattern, instrument.radiation, candidates, self.width)
        self.taken: list[_Trial] = []
        self.refused: list[tuple[str, str]] = []
        self.current: Refinement | None = None
        self.has_tried_lines = False
        self.refinements = 0
        x, y = pattern.two_theta_deg[pattern.use], pattern.intensity[pattern.use]
        self.raw_background = background_under_peaks(x, y)
        self.points = int(np.count_nonzero(pattern.use))

    def fwhm_at(self, two_theta_deg: float) -> float:
        return float(self.width.fwhm_deg(np.array([two_theta_deg]))[0])

    def ranked(self) -> list[Screened]:
        """Candidates that are not taken, against what is left."""
        use = self.pattern.use
        if self.current is None:
            explained, base = np.zeros(self.points), self.raw_background
        else:
            base = self.current.background[use]
            explained = (self.current.calculated - self.current.background)[use]
        left = self.pattern.intensity[use] - base - explained
        taken = {trial.screened.number for trial in self.taken}
        order = self.screen.rank(left, explained, np.maximum(base, 0.0))
        return [
            s
            for s in order
            if s.number not in taken and s.gain > _LEAST_SCREEN_GAIN and s.lines_there > _LEAST_LINES_THERE
        ]

    def structures(self) -> list[Structure]:
        """What is taken, with the cells found so far."""
        if self.current is None:
            return []
        return [self.current.phase(trial.structure.name).structure for trial in self.taken]

    def refined(self, structures: Sequence[Structure], *, options: RefineOptions | None = None) -> Refinement:
        """One short refinement from where the search stands; the first one starts with broad peaks and calibrates the profile."""
        self.refinements += 1
        is_first = self.current is None
        chosen = attrs.evolve(
            options or self.options,
            most_evaluations=_FIRST_EVALUATIONS if is_first else _TRIAL_EVALUATIONS,
            start_broadening=is_first,
            minor_fraction=max(_MINOR_FRACTION, self.options.minor_fraction),
        )
        return refine(self.pattern, tuple(structures), self.profile(), options=chosen)

    def profile(self) -> Instrument:
        """The instrument as calibrated so far. The widths that the largest phase took as its own are a start for all."""
        if self.current is None or self.instrument.is_frozen:
            return self.instrument
        values = dict(self.current.held) | dict(zip(self.current.names, self.current.values.tolist(), strict=True))
        largest = max(self.current.phases, key=lambda phase: float(phase.contribution.sum())).name
        X, Y = (max(float(values.get(f"{largest}:{letter}", 0.0)), _LEAST_WIDTH_DEG) for letter in ("X", "Y"))
        return attrs.evolve(self.current.instrument, X=X, Y=Y)

    def gain(self, refinement: Refinement) -> float:
        """What a refinement with more in it wins over the present one."""
        before, parameters = self.chi_squared_without()
        return gain_of(
            before,
            chi_squared(self.pattern, refinement),
            points=self.points,
            parameters_before=parameters,
            parameters_after=len(refinement.names),
        )

    def chi_squared_without(self) -> tuple[float, int]:
        """chi^2 and parameters of what is taken so far; of a background alone at the start."""
        if self.current is not None:
            return chi_squared(self.pattern, self.current), len(self.current.names)
        use = self.pattern.use
        r = (self.pattern.intensity[use] - self.raw_background) / self.pattern.std[use]
        return float(r @ r), 8

    def trial(self, screened: Screened) -> _Trial:
        structure = self._strained(screened)
        refinement = self.refined([*self.structures(), structure])
        evidence = self.evidence(refinement, structure, screened.number, self.gain(refinement))
        if evidence.refusal:
            self.refused.append((structure.name, evidence.refusal))
        return _Trial(screened=screened, structure=structure, refinement=refinement, evidence=evidence)

    def evidence(self, refinement: Refinement, structure: Structure, number: int, gain: float) -> Evidence:
        phase = refinement.phase(structure.name)
        strongest = (
            phase.tick_two_theta_deg[int(np.argmax(phase.tick_intensity))] if phase.tick_intensity.size else 40.0
        )
        found = evidence_of(
            self.pattern,
            refinement,
            structure.name,
            gain=gain,
            start_cell=self.screen.candidates[number].cell,
            usual_fwhm_deg=self.fwhm_at(float(strongest)),
        )
        others = [t.evidence for t in self.taken if t.structure.name != structure.name]
        widest = max(others, key=lambda e: e.gain).width_ratio if others else 1.0
        return attrs.evolve(found, refusal=refusal_of(found, least_gain=LEAST_GAIN, widest=widest))

    def _strained(self, screened: Screened) -> Structure:
        """The candidate with the cell at which the screen saw it."""
        structure = self.screen.candidates[screened.number]
        a, b, c, alpha, beta, gamma = structure.cell
        factor = 1.0 + screened.strain
        return attrs.evolve(structure, cell=(a * factor, b * factor, c * factor, alpha, beta, gamma))

    def step(self) -> bool:
        """Take the best candidate that passes all tests; False when none does."""
        ranked = self.ranked()
        passed: list[_Trial] = []
        for place, screened in enumerate(ranked[:_TRIALS_A_STEP]):
            if passed and screened.merit < 0.3 * ranked[0].merit:
                break
            trial = self.trial(screened)
            if not trial.evidence.refusal:
                passed.append(trial)
                if place == 0 and len(ranked) > 1 and ranked[1].merit < 0.3 * screened.merit:
                    break
        best = max(passed, key=lambda t: merit_of(t.evidence), default=None)
        first = self.taken[0].evidence.gain if self.taken else 0.0
        is_weak = best is None or best.evidence.gain < _WEAK_SHARE * first
        if is_weak and self.taken and not self.has_tried_lines and self.try_lines_of_the_tube():
            return True
        if best is None:
            return False
        self.taken.append(best)
        self.current = best.refinement
        return True

    def try_lines_of_the_tube(self) -> bool:
        """Add residual K-beta and tungsten lines where the pattern is better with them; they look like phases."""
        self.has_tried_lines = True
        is_better = False
        for name in ("Kb", "W"):
            if name in self.options.extra_lines:
                continue
            options = attrs.evolve(self.options, extra_lines=self.options.extra_lines | {name})
            try:
                refinement = self.refined(self.structures(), options=options)
            except PelletryError:
                continue
            if self.gain(refinement) > LEAST_GAIN:
                self.options, self.current, is_better = options, refinement, True
        return is_better

    def try_texture(self) -> None:
        """March-Dollase for phases one of whose strong lines is much stronger than calculated."""
        if self.current is None:
            return
        for name, axis in likely_textures(self.pattern, self.current):
            if any(texture.phase == name for texture in self.options.texture):
                continue
            options = attrs.evolve(self.options, texture=(*self.options.texture, Texture(phase=name, axis=axis)))
            refinement = self.refined(self.structures(), options=options)
            if self.gain(refinement) > 2.0 * LEAST_GAIN:
                self.options, self.current = options, refinement

    def finish(self) -> None:
        """The last refinement, of the whole pattern and without haste."""
        if self.current is None:
            return
        self.refinements += 1
        structures = tuple(self.structures())
        options = attrs.evolve(self.options, start_broadening=False)
        self.current = refine(self.whole, structures, self.profile(), options=options)

    def put_out_superfluous(self) -> None:
        """Remove, weakest first, each phase that is not missed when it is gone."""
        for trial in sorted(self.taken, key=lambda t: t.evidence.gain):
            if len(self.taken) < 2 or self.current is None:
                return
            others = [t for t in self.taken if t is not trial]
            kept = [s for s in self.structures() if s.name != trial.structure.name]
            without = self.refined(kept)
            gain = gain_of(
                chi_squared(self.pattern, without),
                chi_squared(self.pattern, self.current),
                points=self.points,
                parameters_before=len(without.names),
                parameters_after=len(self.current.names),
            )
            evidence = self.evidence(self.current, trial.structure, trial.screened.number, gain)
            if evidence.refusal:
                self.taken = others
                self.current = without
            else:
                self.taken = [attrs.evolve(t, evidence=evidence) if t is trial else t for t in self.taken]


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
    search = _Search(pattern, instrument, candidates, options or RefineOptions())
    while len(search.taken) < most_phases and search.step():
        pass
    search.put_out_superfluous()
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


def _coarser(pattern: Pattern, width: WidthLaw) -> Pattern:
    """Neighbouring points averaged as far as the narrowest peaks allow: the search needs no more."""
    x = pattern.two_theta_deg
    step = float(np.median(np.diff(x)))
    together = int(float(np.min(width.fwhm_deg(x))) / (_POINTS_A_WIDTH * step))
    if together < 2 or np.max(np.diff(x)) > 1.5 * step:
        return pattern
    count = x.size // together * together
    grouped = {
        name: getattr(pattern, name)[:count].reshape(-1, together)
        for name in ("two_theta_deg", "intensity", "std", "use")
    }
    return Pattern(
        two_theta_deg=grouped["two_theta_deg"].mean(axis=1),
        intensity=grouped["intensity"].mean(axis=1),
        std=np.sqrt((grouped["std"] ** 2).sum(axis=1)) / together,
        use=grouped["use"].all(axis=1),
        name=pattern.name,
    )


def _answer(search: _Search, candidates: Sequence[Structure], allowed: frozenset[str] | None) -> Identification:
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
    peaks = tuple(attrs.evolve(peak, hint=peak.hint or _first_line_here(search, peak)) for peak in peaks)
    phases = tuple(_found(search, trial, current) for trial in search.taken) if current is not None else ()
    phases = tuple(sorted(phases, key=lambda p: -(p.mass_fraction.value if p.mass_fraction else 0.0)))
    made_of = (
        "any elements"
        if allowed is None
        else f"{', '.join(sorted(allowed - FROM_AIR))} (and {', '.join(sorted(FROM_AIR))})"
    )
    sentences = [
        f"{len(candidates)} candidates made of {made_of}; {search.refinements} refinements, {len(phases)} phases taken."
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
        suggestions=suggestions_for(peaks, candidates, radiation, tolerance_deg=0.5 * search.fwhm_at(30.0)),
        refinement=current,
        candidates=len(candidates),
        refinements=search.refinements,
        sentences=tuple(sentences),
    )


def _first_line_here(search: _Search, peak: UnexplainedPeak) -> str:
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


def _found(search: _Search, trial: _Trial, refinement: Refinement) -> FoundPhase:
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


def _rivals(search: _Search, number: int) -> tuple[Rival, ...]:
    """Other candidates with nearly the same pattern, once strained to fit."""
    here = search.screen.candidates[number]
    found = []
    for other, structure in enumerate(search.screen.candidates):
        if other == number or not structure.sites or any(t.screened.number == other for t in search.taken):
            continue
        alike = likeness(search.screen, number, other)
        if alike > _RIVAL_LIKENESS:
            off = float(np.mean([structure.cell[i] / here.cell[i] - 1.0 for i in range(3)]))
            sentence = f"{structure.name}: nearly the same pattern (cosine {alike:.3f}); only its cell ({100 * off:+.1f} %) tells them apart"
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
