"""Which samples belong together: what a sample was made of, what was made of it, the quantities they have and the errors they share."""

from __future__ import annotations

from pelletry.core.quantity import Estimate, Reported
from pelletry.study.result import StudyResult

__all__ = ["ancestors", "common_density_std", "estimate_of", "has_said", "is_kin", "reported_of"]


def ancestors(result: StudyResult, name: str) -> tuple[str, ...]:
    """What a sample was made of, and what that was made of; the nearest first."""
    made_of = {sample.name: sample.made_of for sample in result.samples}
    found: list[str] = list(made_of.get(name, ()))
    for one in found:
        found.extend(parent for parent in made_of.get(one, ()) if parent not in found)
    return tuple(found)


def is_kin(result: StudyResult, a: str, b: str) -> bool:
    """One sample, or one was made of the other."""
    return a == b or a in ancestors(result, b) or b in ancestors(result, a)


def reported_of(result: StudyResult, sample: str, name: str) -> tuple[Reported, ...]:
    """Every resolved number of that name of a sample."""
    return tuple(q for q in result.reported(sample, name) if isinstance(q.quantity, Estimate))


def estimate_of(result: StudyResult, sample: str, name: str) -> Estimate | None:
    """The first resolved number of that name of a sample."""
    found = next(iter(reported_of(result, sample, name)), None)
    return found.quantity if found is not None and isinstance(found.quantity, Estimate) else None


def has_said(result: StudyResult, code: str, sample: str) -> bool:
    """Has an analysis said this of the sample already?"""
    return any(finding.code == code and sample in finding.samples for finding in result.findings)


def common_density_std(result: StudyResult, a: str, b: str) -> float:
    """Relative std that two densities share: that of one theoretical density stated for both."""
    theoretical = [getattr(result.of(name, "density"), "theoretical", None) for name in (a, b)]
    if theoretical[0] is None or theoretical[1] is None:
        return 0.0
    one, two = theoretical[0].density_kg_per_m3, theoretical[1].density_kg_per_m3
    if one != two or theoretical[0].source != theoretical[1].source or one.std is None:
        return 0.0
    return float(one.std / one.value)
