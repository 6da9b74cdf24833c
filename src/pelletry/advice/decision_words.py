"""What a group leader would write under the decision table, from its numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations

from pelletry.advice.correlation import correlation, correlation_in_words
from pelletry.advice.decision import DENSITY, ENERGY, SIGMA, Ranking, difference_of, ranking_of
from pelletry.advice.firing import FACTORS, Condition, conditions_of, varied
from pelletry.advice.relatives import estimate_of
from pelletry.advice.words import finding as _finding
from pelletry.advice.words import listed, shown
from pelletry.core.finding import Finding
from pelletry.study.result import StudyResult

__all__ = ["decision_findings"]


def decision_findings(result: StudyResult) -> tuple[Finding, ...]:
    """What a group leader would write under the table; nothing with fewer than two conditions."""
    conditions = conditions_of(result)
    if len(conditions) < 2:
        return ()
    return (*_choice(result, conditions), *_factors(result, conditions), *_correlations(result))


def _choice(result: StudyResult, conditions: Sequence[Condition]) -> Iterator[Finding]:
    factors = varied(conditions)
    sigma, density = (ranking_of(result, conditions, name) for name in (SIGMA, DENSITY))
    main = sigma or density
    if main is None:
        return
    parts = [_best_in_words(main, factors, len(conditions))]
    if sigma is not None and density is not None:
        parts.append(_density_in_words(sigma.best, density, factors))
    energy = main.best.mean(ENERGY)
    if energy is not None:
        parts.append(f"Its activation energy of ln(σT) is {shown(energy)}.")
    parts.append(_advice(main, factors))
    if all(len(c.pellets) == 1 for c in conditions):
        parts.append("Each condition is one pellet, so a second pellet of the best should confirm it.")
    named = [name for name in (SIGMA, DENSITY, ENERGY) if any(c.mean(name) for c in conditions)]
    pellets = [p for c in (main.best, *main.alike) for p in c.pellets]
    yield _finding("which-firing", "notice", " ".join(parts), pellets, named)


_WHAT = {SIGMA: "conducts best at 25 °C", DENSITY: "is the densest"}


def _best_in_words(ranking: Ranking, factors: Sequence[str], count: int) -> str:
    top = ranking.best.mean(ranking.name)
    value = "" if top is None else f" ({shown(top, ranking.name)})"
    sentence = f"Of {count} firing conditions {_named(ranking.best, factors)} {_WHAT[ranking.name]}{value}"
    if ranking.lower:
        other, found = ranking.lower[0]
        next_value = other.mean(ranking.name)
        value = "" if next_value is None else f" ({shown(next_value, ranking.name)})"
        sentence += (
            f"; the next that is lower is {_named(other, factors)}{value}, by {abs(found.z):.1f} standard deviations"
        )
    if ranking.alike:
        sentence += f"; not different from it (95 %): {listed([_short(c, factors) for c in ranking.alike], most=6)}"
    if ranking.unknown:
        sentence += f"; {len(ranking.unknown)} cannot be compared, an uncertainty is not known"
    return sentence + "."


def _density_in_words(best: Condition, density: Ranking, factors: Sequence[str]) -> str:
    own = best.mean(DENSITY)
    if own is None:
        return "Its density is not known."
    if best is density.best:
        return f"It is also the densest ({shown(own, DENSITY)}){_not_different(density, factors)}."
    if best in density.alike:
        return f"Its density ({shown(own, DENSITY)}) is not different from the highest, that of {_short(density.best, factors)}."
    top = density.best.mean(DENSITY)
    highest = "" if top is None else f" ({shown(top, DENSITY)})"
    return f"It is not the densest ({shown(own, DENSITY)}): that is {_named(density.best, factors)}{highest}."


def _not_different(ranking: Ranking, factors: Sequence[str]) -> str:
    if not ranking.alike:
        return ""
    return f", not different from {listed([_short(c, factors) for c in ranking.alike], most=6)}"


def _advice(ranking: Ranking, factors: Sequence[str]) -> str:
    words = f"Choose {ranking.best.words(factors)}"
    if ranking.alike:
        return f"{words} or, as the numbers do not tell them apart, what is easier of {listed([_short(c, factors) for c in ranking.alike], most=6)}."
    return f"{words}." if not ranking.unknown else f"{words}, with the reservation that uncertainties are missing."


def _short(condition: Condition, factors: Sequence[str]) -> str:
    """The pellet where it is one, else what they were made with."""
    return condition.pellets[0] if len(condition.pellets) == 1 else condition.words(factors)


def _named(condition: Condition, factors: Sequence[str]) -> str:
    names = condition.pellets[0] if len(condition.pellets) == 1 else f"{len(condition.pellets)} pellets"
    words = condition.words(factors)
    return names if words == condition.pellets[0] else f"{names} ({words})"


def _factors(result: StudyResult, conditions: Sequence[Condition]) -> Iterator[Finding]:
    factors = varied(conditions)
    parts, untold = [], []
    for factor in factors:
        pairs = [(a, b) for a, b in combinations(conditions, 2) if _differ_only_in(factor, a, b, factors)]
        words = [w for name in (SIGMA, DENSITY) if (w := _effect(result, factor, pairs, name))]
        if words:
            parts.append(f"{FACTORS[factor]}: {'; '.join(words)}")
        else:
            untold.append(FACTORS[factor])
    if not parts and not untold:
        return
    sentence = (
        f"Pairs of conditions that differ in one thing only. {'. '.join(p[0].upper() + p[1:] for p in parts)}."
        if parts
        else ""
    )
    if untold:
        sentence += (
            f"{' ' if sentence else ''}No two conditions differ in the {listed(untold)} alone: "
            f"{'its effect' if len(untold) == 1 else 'their effects'} cannot be told from what was changed with it."
        )
    yield _finding("which-factor", "info", sentence, [p for c in conditions for p in c.pellets], [SIGMA, DENSITY])


def _differ_only_in(factor: str, a: Condition, b: Condition, factors: Sequence[str]) -> bool:
    return a.level(factor) != b.level(factor) and all(a.level(f) == b.level(f) for f in factors if f != factor)


_SHORT = {SIGMA: "σ(25 °C)", DENSITY: "density"}


def _effect(result: StudyResult, factor: str, pairs: Sequence[tuple[Condition, Condition]], name: str) -> str:
    """In how many pairs the quantity differs, and which level is the higher one there."""
    tested, higher = 0, []
    for a, b in pairs:
        one, two = a.mean(name), b.mean(name)
        found = None if one is None or two is None else difference_of(result, name, (a, one), (b, two))
        if found is None:
            continue
        tested += 1
        if found.is_significant:
            higher.append((a if found.value > 0 else b).words([factor]))
    if not tested:
        return ""
    counts = {level: higher.count(level) for level in dict.fromkeys(higher)}
    if not counts:
        return f"{_SHORT[name]} is different in none of {tested} pair{'s' if tested > 1 else ''}"
    won = listed([f"{level} in {count}" for level, count in sorted(counts.items(), key=lambda item: -item[1])], most=6)
    return (
        f"{_SHORT[name]} is different in {len(higher)} of {tested} pair{'s' if tested > 1 else ''}, higher with {won}"
    )


def _correlations(result: StudyResult) -> Iterator[Finding]:
    """ln σ with density, and both with the sintering temperature, over single pellets."""
    rows = []
    for condition in conditions_of(result):
        rows += [(condition, pellet) for pellet in condition.pellets]
    values: dict[str, dict[str, float]] = {
        "ln σ(25 °C)": {},
        "the relative density": {},
        "the sintering temperature": {},
    }
    for condition, pellet in rows:
        for what, name in (("ln σ(25 °C)", SIGMA), ("the relative density", DENSITY)):
            found = _one(result, pellet, name)
            if found is not None and (name != SIGMA or found > 0):
                values[what][pellet] = math.log(found) if name == SIGMA else found
        temperature = condition.level("temperature")
        if isinstance(temperature, float):
            values["the sintering temperature"][pellet] = temperature
    sentences = []
    for a, b in combinations(values, 2):
        common = [pellet for _, pellet in rows if pellet in values[a] and pellet in values[b]]
        found_r = correlation([values[a][p] for p in common], [values[b][p] for p in common])
        if found_r is not None and found_r.interval_95 is not None:
            sentences.append(correlation_in_words(found_r, f"{a} with {b}"))
    if sentences:
        sentences.append(
            "Pellets of different powders and atmospheres are in one line here; a correlation is no cause."
        )
        yield _finding("correlations", "info", " ".join(sentences), [pellet for _, pellet in rows], [SIGMA, DENSITY])


def _one(result: StudyResult, pellet: str, name: str) -> float | None:
    found = estimate_of(result, pellet, name)
    return None if found is None else found.value
