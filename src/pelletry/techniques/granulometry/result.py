"""Size distribution of one powder: each run, what the runs of one state agree on, and the fact it gives to others."""

from __future__ import annotations

import attrs

from pelletry.core.arrays import Array, array_field
from pelletry.core.facts import Fact, ParticleSize
from pelletry.core.finding import Finding
from pelletry.core.provenance import Lineage, Origin
from pelletry.core.quantity import Estimate, Quantity, Reported
from pelletry.techniques.granulometry.measurement import OpticalModel
from pelletry.techniques.granulometry.model.lognormal import LogNormal
from pelletry.techniques.granulometry.model.modes import Mode
from pelletry.techniques.granulometry.model.sizes import Sizes

__all__ = ["GranulometryResult", "RunSizes", "StateSizes"]


@attrs.frozen(kw_only=True)
class RunSizes:
    """One measurement; ``is_used`` False: shown, but not in the mean. ``share_fraction`` is on the chosen basis."""

    name: str
    sizes: Sizes
    instrument_d50_m: float | None
    largest_difference_relative: float | None
    edges_m: Array = array_field(unit="m")
    share_fraction: Array = array_field(unit="1")
    is_used: bool = True
    origin: Origin


@attrs.frozen(kw_only=True)
class StateSizes:
    """Repeated runs of one state of the powder. ``share_fraction`` is the mean over the runs on common classes.

    ``scatter_relative`` holds the standard deviation over the mean of d10, d50, d90 (None: fewer than two runs).
    """

    state: str
    d10_m: Estimate
    d50_m: Estimate
    d90_m: Estimate
    volume_mean_m: Estimate
    surface_mean_m: Estimate
    span: Estimate
    specific_surface_m2_per_kg: Quantity
    coarse_share: Estimate
    modes: tuple[Mode, ...]
    lognormal: LogNormal | None
    runs: tuple[RunSizes, ...]
    scatter_relative: tuple[float, float, float] | None
    optical: OpticalModel
    edges_m: Array = array_field(unit="m")
    share_fraction: Array = array_field(unit="1")

    @property
    def used(self) -> tuple[RunSizes, ...]:
        return tuple(run for run in self.runs if run.is_used)


@attrs.frozen(kw_only=True)
class GranulometryResult:
    """``states`` in the order of measurement; the last one is the powder as it was used, and gives the fact."""

    sample: str
    basis: str
    states: tuple[StateSizes, ...]
    findings: tuple[Finding, ...] = ()
    lineage: Lineage
    is_simulated: bool = False

    @property
    def quantities(self) -> tuple[Reported, ...]:
        flags = tuple(
            dict.fromkeys(finding.code for finding in self.findings if finding.severity in ("warning", "error"))
        )
        return tuple(
            Reported(
                sample=self.sample,
                technique="granulometry",
                name=name,
                quantity=quantity,
                conditions=(("basis", self.basis), *((("state", one.state),) if one.state else ())),
                flags=flags,
            )
            for one in reversed(self.states)
            for name, quantity in _named(one)
        )

    @property
    def facts(self) -> tuple[Fact, ...]:
        last = self.states[-1]
        return (
            ParticleSize(
                sample=self.sample,
                given_by="granulometry",
                d10_m=last.d10_m,
                d50_m=last.d50_m,
                d90_m=last.d90_m,
                basis=self.basis,
                optical_model=last.optical.in_words,
            ),
        )


def _named(state: StateSizes) -> tuple[tuple[str, Quantity], ...]:
    return (
        ("d10", state.d10_m),
        ("d50", state.d50_m),
        ("d90", state.d90_m),
        ("volume_mean_diameter", state.volume_mean_m),
        ("surface_mean_diameter", state.surface_mean_m),
        ("span", state.span),
        ("coarse_share", state.coarse_share),
        ("specific_surface", state.specific_surface_m2_per_kg),
    )
