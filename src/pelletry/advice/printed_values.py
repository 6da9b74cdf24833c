"""What the checks of printed values share: the claims of one sample, and what a check says."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import attrs

from pelletry.core.finding import Finding
from pelletry.core.sample import Sample
from pelletry.study.result import Claim

__all__ = ["Checked", "OfSample", "half_width_95", "std_of"]

#: Two printed values belong together when their temperatures are this close, or one is not stated.
_SAME_K = 2.0


@attrs.frozen(kw_only=True)
class Checked:
    """One comparison of printed values: what was compared, and what is wrong with it (None: they agree)."""

    what: str
    finding: Finding | None = None
    #: (place of the claim, standard deviation that it should have), where that follows from others.
    corrected: tuple[tuple[str, float], ...] = ()


def std_of(claim: Claim) -> float:
    """The printed standard deviation; without one that of rounding to the last digit (uniform)."""
    return claim.rounding / math.sqrt(3.0) if claim.value.std is None else claim.value.std


def half_width_95(claim: Claim) -> float:
    """How far the true value may lie from the printed one: 1.96 printed std and its rounding, or the rounding alone."""
    return claim.rounding + 1.96 * (claim.value.std or 0.0)


@attrs.frozen(kw_only=True)
class OfSample:
    """The claims of one sample, with what the study knows of it."""

    sample: Sample
    claims: tuple[Claim, ...]

    def all(self, *names: str) -> tuple[Claim, ...]:
        """Claims of these quantities, in the order of the file."""
        return tuple(claim for claim in self.claims if claim.quantity in names)

    def beside(self, other: Claim, *names: str) -> Claim | None:
        """The first claim of these names that has the phase and the temperature of another, as far as both are stated."""
        return self._first(lambda claim: _goes_with(claim, other), names)

    def _first(self, fits: Callable[[Claim], bool], names: Sequence[str]) -> Claim | None:
        return next((claim for name in names for claim in self.all(name) if fits(claim)), None)

    def formula(self, claim: Claim, *, given: str = "") -> str:
        """The formula that a claim states, or that of a column of the samples table, or the composition."""
        return str(claim.condition("formula") or "") or given or self.sample.composition or ""


def _goes_with(a: Claim, b: Claim) -> bool:
    phases = [claim.condition("phase") for claim in (a, b)]
    if all(phases) and str(phases[0]).lower() != str(phases[1]).lower():
        return False
    return is_same_temperature(a.condition("temperature_K"), b.condition("temperature_K"))


def is_same_temperature(a: float | str | None, b: float | str | None) -> bool:
    """Two temperatures that may be one; what is not stated contradicts nothing."""
    return not (isinstance(a, float) and isinstance(b, float)) or abs(a - b) <= _SAME_K
