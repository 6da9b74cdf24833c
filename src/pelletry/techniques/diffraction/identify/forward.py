"""One step of the search after the other: trials, what is taken, residual lines of the tube, texture, and the last refinement."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.errors import MissingFactError, PelletryError
from pelletry.techniques.diffraction.identify.background import background_under_peaks
from pelletry.techniques.diffraction.identify.evidence import chi_squared, evidence_of, gain_of, merit_of, refusal_of
from pelletry.techniques.diffraction.identify.found import Evidence
from pelletry.techniques.diffraction.identify.peaks import WidthLaw, find_peaks, width_law
from pelletry.techniques.diffraction.identify.screen import Screen, Screened
from pelletry.techniques.diffraction.identify.unexplained import likely_textures
from pelletry.techniques.diffraction.model.data import Pattern
from pelletry.techniques.diffraction.model.instrument import Instrument
from pelletry.techniques.diffraction.model.options import RefineOptions, Texture, Tie
from pelletry.techniques.diffraction.model.refine import refine
from pelletry.techniques.diffraction.model.result import Refinement
from pelletry.techniques.diffraction.model.structure import Structure

__all__ = ["LEAST_GAIN", "ForwardSearch", "Trial", "coarser"]

LEAST_GAIN = 30.0
_TRIALS_A_STEP = 4
_LEAST_SCREEN_GAIN = 25.0
_LEAST_LINES_THERE = 0.3
_FIRST_EVALUATIONS = 40
_TRIAL_EVALUATIONS = 40
#: Below this share of the first phase's gain, residual lines of the tube are tried before another phase is.
_WEAK_SHARE = 0.08
#: A phase that wins this many times the least gain with another's width may have its own.
_OWN_WIDTH_GAIN = 10.0
#: Phases this many times wider than the narrowest peaks call for a second, wider screen.
_WIDE = 3.0
#: A residual line of the tube is believed from this weight, and this many standard deviations.
_LEAST_LINE_WEIGHT, _LINE_SIGNIFICANCE = 3e-4, 5.0
_POINTS_A_WIDTH = 5.0
_LEAST_WIDTH_DEG = 0.005
#: A phase with less of the pattern takes the width of the largest: a wide one would otherwise repair the background.
_MINOR_FRACTION = 0.08


@attrs.frozen(kw_only=True)
class Trial:
    """One refinement with a candidate added."""

    screened: Screened
    structure: Structure
    refinement: Refinement
    evidence: Evidence


class ForwardSearch:
    """State of one search: what is taken, the refinement of it, and how many refinements were made."""

    def __init__(
        self, pattern: Pattern, instrument: Instrument, candidates: Sequence[Structure], options: RefineOptions
    ):
        self.whole = pattern
        self.instrument = instrument
        self.options = options
        self.asked_lines = options.extra_lines
        self.width: WidthLaw = width_law(find_peaks(pattern, instrument.radiation))
        self.pattern = pattern = coarser(pattern, self.width)
        self.screen = Screen(pattern, instrument.radiation, candidates, self.width)
        self.taken: list[Trial] = []
        self.refused: list[tuple[str, str]] = []
        self.current: Refinement | None = None
        self.has_tried_lines = False
        self.minor_fraction = max(_MINOR_FRACTION, options.minor_fraction)
        self.wide: Screen | None = None
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
        base = np.maximum(base, 0.0)
        order = self.screen.rank(left, explained, base)
        factor = max((t.evidence.width_ratio for t in self.taken), default=1.0)
        if factor > _WIDE:
            order = self._with_wide(order, self._wide_screen(factor).rank(left, explained, base))
        return [
            s
            for s in order
            if s.number not in taken and s.gain > _LEAST_SCREEN_GAIN and s.lines_there > _LEAST_LINES_THERE
        ]

    def _wide_screen(self, factor: float) -> Screen:
        """The candidates with lines as wide as those of the widest phase: beside small crystals others may be as small."""
        if self.wide is None:
            law = WidthLaw(W_deg2=self.width.W_deg2 * factor**2, U_deg2=self.width.U_deg2 * factor**2)
            self.wide = Screen(self.pattern, self.instrument.radiation, self.screen.candidates, law)
        return self.wide

    @staticmethod
    def _with_wide(narrow: list[Screened], wide: list[Screened]) -> list[Screened]:
        """Each candidate at the width that suits it better, best first."""
        best = {s.number: s for s in narrow}
        for s in wide:
            if s.number not in best or s.merit > best[s.number].merit:
                best[s.number] = attrs.evolve(s, is_wide=True)
        return sorted(best.values(), key=lambda s: -s.merit)

    def structures(self) -> list[Structure]:
        """What is taken, with the cells found so far."""
        if self.current is None:
            return []
        return [self.current.phase(trial.structure.name).structure for trial in self.taken]

    def refined(
        self,
        structures: Sequence[Structure],
        *,
        options: RefineOptions | None = None,
        start: Refinement | None = None,
        most_evaluations: int = 0,
    ) -> Refinement:
        """One short refinement from where the search stands; the first one starts with broad peaks and calibrates the profile."""
        self.refinements += 1
        is_first = self.current is None
        chosen = attrs.evolve(
            options or self.options,
            most_evaluations=most_evaluations or (_FIRST_EVALUATIONS if is_first else _TRIAL_EVALUATIONS),
            start_broadening=is_first,
            minor_fraction=self.minor_fraction,
        )
        return refine(self.pattern, tuple(structures), self.profile(), options=chosen, start=start)

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

    def trial(self, screened: Screened, *, has_own_width: bool = False) -> Trial:
        """One refinement with a candidate added; a small one takes the width of another phase unless it is given its own."""
        structure = self._strained(screened)
        refinement = self._with(structure, screened, has_own_width=has_own_width)
        evidence = self.evidence(refinement, structure, screened.number, self.gain(refinement))
        if evidence.refusal:
            self.refused.append((structure.name, evidence.refusal))
        return Trial(screened=screened, structure=structure, refinement=refinement, evidence=evidence)

    def _with(self, structure: Structure, screened: Screened, *, has_own_width: bool) -> Refinement:
        """What is taken and a candidate, from the present parameters and the candidate's scale of the screen."""
        if self.current is None:
            return self.refined([structure])
        model = max(self.current.phases, key=lambda phase: float(phase.contribution.sum())).name
        if screened.is_wide:
            model = max(self.taken, key=lambda t: t.evidence.width_ratio).structure.name
        first = self.taken[0]
        scale = (
            screened.scale * self.current.phase(first.structure.name).scale.value / max(first.screened.scale, 1e-300)
        )
        known = dict(self.current.held) | dict(zip(self.current.names, self.current.values.tolist(), strict=True))
        names, values = list(self.current.names), self.current.values.tolist()
        options = self.options
        if has_own_width or screened.is_wide:
            for letter in ("X", "Y"):
                names.append(f"{structure.name}:{letter}")
                values.append(max(float(known.get(f"{model}:{letter}", 0.0)), _LEAST_WIDTH_DEG))
        if screened.is_wide and not has_own_width:
            ties = tuple(Tie(names=(f"{model}:{letter}", f"{structure.name}:{letter}")) for letter in ("X", "Y"))
            options = attrs.evolve(options, ties=(*options.ties, *ties))
        start = attrs.evolve(
            self.current,
            phases=(
                *self.current.phases,
                attrs.evolve(self.current.phases[0], name=structure.name, structure=structure),
            ),
            held=(*self.current.held, (f"{structure.name}:scale", scale)),
            names=tuple(names),
            values=np.array(values),
        )
        return self.refined([*self.structures(), structure], options=options, start=start)

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
        passed: list[Trial] = []
        for place, screened in enumerate(ranked[:_TRIALS_A_STEP]):
            if passed and screened.merit < 0.3 * ranked[0].merit:
                break
            try:
                trial = self.trial(screened)
            except MissingFactError as error:  # such as a phase without lines in range
                self.refused.append((screened.name, str(error)))
                continue
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
        if self.taken and best.evidence.gain > _OWN_WIDTH_GAIN * LEAST_GAIN:
            tied, self.minor_fraction = self.minor_fraction, 0.0
            freed = self.trial(best.screened, has_own_width=True)
            if not freed.evidence.refusal and freed.evidence.gain > best.evidence.gain + 2.0 * LEAST_GAIN:
                best = freed
            else:
                self.minor_fraction = tied
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
            if self.gain(refinement) > LEAST_GAIN and _is_line_there(refinement, name):
                self.options, self.current, is_better = options, refinement, True
        return is_better

    def put_out_needless_lines(self) -> None:
        """Lines of the tube that were taken in while a phase was still missing."""
        kept = {n for n in self.options.extra_lines if self.current is not None and _is_line_there(self.current, n)}
        self.options = attrs.evolve(self.options, extra_lines=frozenset(kept) | self.asked_lines)

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
        """The last refinement, of the whole pattern and without haste; what comes to nothing in it is left out, and it is made again."""
        while self.current is not None and self.taken:
            self.refinements += 1
            options = attrs.evolve(self.options, start_broadening=False, minor_fraction=self.minor_fraction)
            self.current = refine(self.whole, tuple(self.structures()), self.profile(), options=options)
            nothing = [t for t in self.taken if len(self.taken) > 1 and _is_nothing(self.current, t.structure.name)]
            if not nothing:
                return
            self.refused += [(t.structure.name, "it came to nothing in the last refinement") for t in nothing]
            gone = {t.structure.name for t in nothing}
            self.taken = [t for t in self.taken if t.structure.name not in gone]

    def settle(self) -> None:
        """Let the present refinement come to rest, so that what is compared with it is not better by patience alone."""
        if self.current is not None:
            rested = self.refined(self.structures(), start=self.current, most_evaluations=_FIRST_EVALUATIONS)
            if chi_squared(self.pattern, rested) < chi_squared(self.pattern, self.current):
                self.current = rested

    def put_out_superfluous(self) -> None:
        """Remove, weakest first, each phase that is not missed when it is gone."""
        self.settle()
        for trial in sorted(self.taken, key=lambda t: t.evidence.gain):
            if len(self.taken) < 2 or self.current is None:
                return
            others = [t for t in self.taken if t is not trial]
            kept = [s for s in self.structures() if s.name != trial.structure.name]
            left = tuple(phase for phase in self.current.phases if phase.name != trial.structure.name)
            start = attrs.evolve(self.current, phases=left)
            without = self.refined(kept, start=start, most_evaluations=_FIRST_EVALUATIONS)
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


def _is_nothing(refinement: Refinement, name: str) -> bool:
    """Is the scale of a phase within three standard deviations of zero?"""
    scale = refinement.phase(name).scale
    return scale.value <= 3.0 * (scale.std or 0.0)


def _is_line_there(refinement: Refinement, name: str) -> bool:
    """Is the weight of a residual line of the tube well above its error?"""
    wanted = f"line:{name}"
    if wanted not in refinement.names:
        return False
    place = refinement.names.index(wanted)
    weight, std = float(refinement.values[place]), float(refinement.std[place])
    return weight > max(_LINE_SIGNIFICANCE * std, _LEAST_LINE_WEIGHT)


def coarser(pattern: Pattern, width: WidthLaw) -> Pattern:
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
