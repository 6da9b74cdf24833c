"""Printed values across samples: energies without their convention, and differences that their uncertainties do not carry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import attrs

from pelletry.advice.words import finding as _finding
from pelletry.advice.words import kind_of, listed, value_shown
from pelletry.core.compare import difference, difference_in_words
from pelletry.core.finding import Finding
from pelletry.core.quantity import Estimate
from pelletry.reference.constants import BOLTZMANN_EV_PER_K
from pelletry.study.result import Claim

__all__ = ["differences", "energies_without_convention"]

#: Conditions that describe a value and do not tell two values apart.
_NO_CONDITION = frozenset({"formula", "electrons"})
_ROOM_K = 298.15


def energies_without_convention(claims: Sequence[Claim]) -> Iterator[Finding]:
    """One finding for all activation energies of which nobody says whether they are of ln(σT) or of ln σ."""
    unsaid = [
        claim
        for claim in claims
        if claim.quantity.startswith("activation_energy")
        and not claim.quantity.endswith("_ln_sigma")
        and claim.condition("convention") is None
    ]
    if not unsaid:
        return
    low, high = min(unsaid, key=lambda c: c.value.value), max(unsaid, key=lambda c: c.value.value)
    shown = low.text if low.value.value == high.value.value else f"{low.text} to {high.text}"
    sentence = (
        f"{_count(unsaid, 'activation energy', 'activation energies')} printed without the convention ({shown}): that of ln(σT) is "
        f"higher than that of ln σ by about kT, {BOLTZMANN_EV_PER_K * _ROOM_K:.3f} eV at room temperature and more when the line was "
        f"measured hotter ({listed(list(dict.fromkeys(c.source for c in unsaid)))})."
    )
    yield _finding(
        "printed-energy-without-convention",
        "notice",
        sentence,
        [c.sample for c in unsaid],
        [c.quantity for c in unsaid],
    )


def _count(claims: Sequence[Claim], one: str, many: str) -> str:
    return f"One {one} is" if len(claims) == 1 else f"{len(claims)} {many} are"


def differences(claims: Sequence[Claim], corrected: Mapping[str, float]) -> Iterator[Finding]:
    """Which printed differences between samples say nothing; ``corrected`` standard deviations go before printed ones."""
    groups: dict[tuple[object, ...], list[Claim]] = {}
    for claim in claims:
        at = tuple(item for item in claim.conditions if item[0] not in _NO_CONDITION and item[0] != "phase")
        groups.setdefault((claim.quantity, at), []).append(claim)
    bare: list[tuple[str, list[Claim]]] = []
    for (name, _), group in groups.items():
        samples = list(dict.fromkeys(claim.sample for claim in group))
        if len(samples) < 2 or len(samples) < len(group):
            continue
        known = [claim for claim in group if claim.value.std is not None or claim.where in corrected]
        if len(known) >= 2:
            yield from _compared(str(name), known, corrected)
        elif not known:
            bare.append((str(name), group))
    if bare:
        yield _without_uncertainty(bare)


def _compared(name: str, group: Sequence[Claim], corrected: Mapping[str, float]) -> Iterator[Finding]:
    values = {c.sample: _estimate(c, corrected) for c in group}
    pairs = [(a, b) for a, b in combinations(values, 2)]
    alike = [
        pair for pair in pairs if (found := difference(values[pair[0]], values[pair[1]])) and not found.is_significant
    ]
    if not alike:
        return
    if len(pairs) == 1:
        a, b = pairs[0]
        words = difference_in_words(a, values[a], b, values[b], kind=kind_of(name))
        sentence = f"Printed {name}: {words}"
        if any(c.where in corrected for c in group):
            sentence += " The uncertainty is that which follows from the axes, not the printed one."
    else:
        sentence = (
            f"Printed {name} of {len(values)} samples: {len(alike)} of {len(pairs)} differences are below their uncertainty (95 %), "
            f"as {listed([f'{a} and {b}' for a, b in alike], most=4)}."
        )
    yield _finding("printed-not-different", "notice", sentence, [s for pair in alike for s in pair], [name])


def _estimate(claim: Claim, corrected: Mapping[str, float]) -> Estimate:
    return attrs.evolve(claim.value, std=corrected.get(claim.where, claim.value.std))


def _without_uncertainty(bare: Sequence[tuple[str, Sequence[Claim]]]) -> Finding:
    parts = []
    for name, group in bare:
        low, high = min(c.value.value for c in group), max(c.value.value for c in group)
        unit, kind = group[0].value.unit, kind_of(name)
        parts.append(
            f"{name} of {len(group)} samples ({value_shown(low, unit, kind)} to {value_shown(high, unit, kind)})"
        )
    sentence = (
        f"Printed without an uncertainty: {listed(parts)}. No difference between them can be tested; the last digit alone says "
        "nothing of how well a second pellet would repeat it."
    )
    claims = [c for _, group in bare for c in group]
    return _finding(
        "printed-without-uncertainty",
        "notice",
        sentence,
        [c.sample for c in claims],
        [name for name, _ in bare],
    )
