"""Printed values (``claims.toml``) against each other, and against what the study found; table "Printed and found".

Nothing needs to be told which values belong together: names, units and conditions say it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import attrs

from pelletry.advice.printed_across import differences, energies_without_convention
from pelletry.advice.printed_cell import density_checks, volume_checks
from pelletry.advice.printed_checks import assignment_checks, capacity_checks, interface_checks, sintering_checks
from pelletry.advice.printed_values import Checked, OfSample, is_same_temperature, std_of
from pelletry.advice.words import finding as _finding
from pelletry.advice.words import kind_of, listed, shown
from pelletry.core.finding import Finding
from pelletry.core.quantity import Estimate, Reported, Unresolved
from pelletry.core.table import Cell, Table, TableColumn
from pelletry.core.units import displayed
from pelletry.study.compare import conditions_in_words
from pelletry.study.result import Claim, StudyResult

__all__ = ["Compared", "compared_claims", "printed_findings", "printed_table"]

_CHECKS: tuple[Callable[[OfSample], Iterator[Checked]], ...] = (
    volume_checks,
    density_checks,
    sintering_checks,
    interface_checks,
    capacity_checks,
    assignment_checks,
)
#: Other names under which a study may have found what a paper prints.
_ALSO: dict[str, tuple[str, ...]] = {
    "shrinkage": ("shrinkage_cold",),
    "porosity": ("porosity_total",),
    "specific_capacity_discharge": ("specific_capacity_best",),
    "density_by_shrinkage": ("density_by_shrinkage_hot",),
}
_25C_K = 298.15
#: Conditions of a claim that a reported number must have too, if it has that condition at all.
_MATCHED = ("phase", "region", "cycle", "convention", "state")


@attrs.frozen(kw_only=True)
class Compared:
    """A printed value and what the study found of it. ``z``: their difference in standard deviations, None without one.

    ``verdict``: inside or outside of the found 95 % interval, ``no interval``, ``not resolved`` or ``not measured``.
    """

    claim: Claim
    found: Reported | None
    z: float | None
    verdict: str
    note: str = ""


def printed_findings(result: StudyResult) -> tuple[Finding, ...]:
    """All that the printed values give reason to say; nothing without claims."""
    if not result.claims:
        return ()
    checked = [one for own in _by_sample(result) for check in _CHECKS for one in check(own)]
    corrected = dict(pair for one in checked for pair in one.corrected if one.finding is not None)
    return (
        *(one.finding for one in checked if one.finding is not None),
        *energies_without_convention(result.claims),
        *differences(result.claims, corrected),
        *_agreeing(checked),
        *_against_found(compared_claims(result)),
    )


def _by_sample(result: StudyResult) -> list[OfSample]:
    return [
        OfSample(sample=sample, claims=own)
        for sample in result.samples
        if (own := tuple(claim for claim in result.claims if claim.sample == sample.name))
    ]


def _agreeing(checked: list[Checked]) -> Iterator[Finding]:
    agreeing = [one.what for one in checked if one.finding is None]
    if agreeing:
        sentence = f"Printed values that agree with each other: {listed(list(dict.fromkeys(agreeing)), most=8)}."
        yield _finding("printed-values-agree", "info", sentence)


# -- against what was found --------------------------------------------------------------------------------------------


def compared_claims(result: StudyResult) -> tuple[Compared, ...]:
    """Each claim with the number of this study that it stands for, in the order of the file."""
    return tuple(_compared(result, claim) for claim in result.claims)


def _compared(result: StudyResult, claim: Claim) -> Compared:
    found = _found(result, claim)
    if found is None:
        return Compared(claim=claim, found=None, z=None, verdict="not measured")
    if isinstance(found.quantity, Unresolved):
        return Compared(claim=claim, found=found, z=None, verdict="not resolved", note=found.quantity.reason)
    printed, interval = _sign_of(found, claim), found.quantity.interval
    std = None if found.quantity.std is None else math.hypot(found.quantity.std, std_of(claim))
    z = None if not std else (printed - found.quantity.value) / std
    if interval is None:
        return Compared(claim=claim, found=found, z=z, verdict="no interval")
    is_inside = interval[0] - claim.rounding <= printed <= interval[1] + claim.rounding
    note = "" if is_inside else _other_convention(result, claim, printed)
    return Compared(claim=claim, found=found, z=z, verdict="inside" if is_inside else "outside", note=note)


def _sign_of(found: Reported, claim: Claim) -> float:
    """Shrinkage is found negative and often printed without its sign."""
    value = claim.value.value
    is_turned = claim.quantity.startswith("shrinkage") and isinstance(found.quantity, Estimate)
    return -value if is_turned and isinstance(found.quantity, Estimate) and found.quantity.value * value < 0 else value


def _other_convention(result: StudyResult, claim: Claim, printed: float) -> str:
    """An energy without its convention may be that of ln σ."""
    if not claim.quantity.startswith("activation_energy") or claim.condition("convention") is not None:
        return ""
    other = _found(result, attrs.evolve(claim, quantity=f"{claim.quantity.removesuffix('_ln_sigma')}_ln_sigma"))
    if other is None or not isinstance(other.quantity, Estimate) or other.quantity.interval is None:
        return ""
    low, high = other.quantity.interval
    return "inside that of ln σ" if low - claim.rounding <= printed <= high + claim.rounding else ""


def _found(result: StudyResult, claim: Claim) -> Reported | None:
    """The number that a claim stands for: of the sample, else of what it was made of; resolved ones first."""
    for sample in _family(result, claim.sample):
        for name in _names(claim):
            fitting = [
                q for q in result.quantities if q.sample == sample and q.name == name and _fits(q, claim, name=name)
            ]
            resolved = [q for q in fitting if isinstance(q.quantity, Estimate)]
            if fitting:
                return (resolved or fitting)[0]
    return None


def _names(claim: Claim) -> tuple[str, ...]:
    name = claim.quantity
    if claim.condition("convention") == "ln(sigma)" and name.startswith("activation_energy"):
        return (f"{name.removesuffix('_ln_sigma')}_ln_sigma",)
    temperature = claim.condition("temperature_K")
    is_room = isinstance(temperature, float) and is_same_temperature(temperature, _25C_K)
    also = (f"{name}_25C",) if name.startswith("conductivity_") and is_room and not name.endswith("_25C") else ()
    return (name, *also, *_ALSO.get(name, ()))


def _family(result: StudyResult, name: str) -> list[str]:
    made_of = {sample.name: sample.made_of for sample in result.samples}
    found = [name]
    for one in found:
        found.extend(parent for parent in made_of.get(one, ()) if parent not in found)
    return found


def _fits(reported: Reported, claim: Claim, *, name: str) -> bool:
    here, said = dict(reported.conditions), dict(claim.conditions)
    if not name.endswith("_25C") and not _is_at(here.get("temperature_K"), said.get("temperature_K"), claim):
        return False
    if "assignment" in said and "state" in here:
        said["state"] = said["assignment"]
    if name.startswith("activation_energy"):
        said.pop("convention", None)
    return all(
        str(here[key]).casefold() == str(said[key]).casefold() for key in _MATCHED if key in here and key in said
    )


def _is_at(here: float | str | None, said: float | str | None, claim: Claim) -> bool:
    """Conductivities change with temperature: without one a claim stands for none of many."""
    needs = claim.quantity.startswith(("conductivity_", "resistance_")) and not claim.quantity.endswith("_25C")
    if needs and here is not None and said is None:
        return False
    return is_same_temperature(here, said)


def _against_found(compared: tuple[Compared, ...]) -> Iterator[Finding]:
    held = [one for one in compared if one.verdict in ("inside", "outside")]
    outside = [one for one in held if one.verdict == "outside"]
    if held:
        inside = len(held) - len(outside)
        sentence = f"{inside} of {len(held)} printed values that this study measured lie inside its 95 % intervals."
        yield _finding("printed-and-found", "info", sentence, [one.claim.sample for one in held])
    if outside:
        words = listed([_in_words(one) for one in outside], most=6)
        sentence = f"Printed values outside the 95 % interval of this study: {words}."
        quantities = [one.claim.quantity for one in outside]
        yield _finding("printed-outside", "warning", sentence, [one.claim.sample for one in outside], quantities)
    unresolved = [one for one in compared if one.verdict == "not resolved"]
    if unresolved:
        words = listed(
            [f"{c.claim.quantity} of {c.claim.sample} ({c.claim.text}): {c.note}" for c in unresolved], most=4
        )
        sentence = f"Printed values that the data of this study do not determine: {words}."
        quantities = [one.claim.quantity for one in unresolved]
        yield _finding(
            "printed-not-resolved", "warning", sentence, [one.claim.sample for one in unresolved], quantities
        )


def _in_words(one: Compared) -> str:
    claim, found = one.claim, one.found
    if found is None or not isinstance(found.quantity, Estimate):
        return f"{claim.quantity} of {claim.sample}"
    far = "" if one.z is None else f", {abs(one.z):.1f} standard deviations"
    note = f", {one.note}" if one.note else ""
    return (
        f"{claim.quantity} of {claim.sample} ({claim.text} printed, {shown(found.quantity, kind_of(claim.quantity))} "
        f"found{far}{note})"
    )


def printed_table(result: StudyResult) -> Table | None:
    """One row a printed value: as printed, as found, how far apart; None without claims."""
    if not result.claims:
        return None
    columns = (
        TableColumn(key="sample", title="sample"),
        TableColumn(key="quantity", title="quantity"),
        TableColumn(key="at", title="at"),
        TableColumn(key="printed", title="printed"),
        TableColumn(key="found", title="found"),
        TableColumn(key="std_apart", title="apart", note="in standard deviations, printed less found"),
        TableColumn(key="interval", title="95 % interval", note="of what was found"),
        TableColumn(key="source", title="printed in"),
    )
    compared = compared_claims(result)
    return Table(
        key="printed-and-found",
        title="Printed and found",
        columns=columns,
        rows=tuple(_row(one) for one in compared),
        traces=tuple(_traces(one, len(columns)) for one in compared),
        notes=(
            "A printed value is rounded: it counts as inside when half a step of its last digit reaches the interval.",
            *(f"{c.claim.quantity} of {c.claim.sample}: {c.note}." for c in compared if c.note),
        ),
        is_simulated=result.is_simulated,
    )


def _row(one: Compared) -> tuple[Cell, ...]:
    claim, found = one.claim, one.found
    cell: Cell = None if found is None else found.quantity
    if found is not None and isinstance(found.quantity, Estimate):
        cell = displayed(found.quantity, kind_of(claim.quantity))
    at = conditions_in_words(_as_reported(claim))
    apart = "" if one.z is None else f"{one.z:+.1f}"
    return (claim.sample, claim.quantity, at, claim.text, cell, apart, one.verdict, claim.source)


def _traces(one: Compared, count: int) -> tuple[str, ...]:
    name = "" if one.found is None else f"{one.found.sample} {one.found.name}"
    return ("", "", "", "", name, *("" for _ in range(count - 5)))


def _as_reported(claim: Claim) -> Reported:
    """For the words of its conditions only."""
    words = tuple(item for item in claim.conditions if item[0] in ("temperature_K", "phase", "cycle", "convention"))
    line, assignment = claim.condition("region"), claim.condition("assignment")
    more = (("line", f"{line or ''} {assignment or ''}".strip()),) if line or assignment else ()
    return Reported(
        sample=claim.sample, technique="", name=claim.quantity, quantity=claim.value, conditions=(*words, *more)
    )
