"""Dilatometry of one sample: each run with its curves and temperatures, the master curve, and the fact it gives to others."""

from __future__ import annotations

import attrs

from pelletry.core.arrays import Array, array_field
from pelletry.core.facts import Fact, Shrinkage
from pelletry.core.finding import Finding
from pelletry.core.provenance import Lineage, Origin
from pelletry.core.quantity import Estimate, Quantity, Reported
from pelletry.techniques.dilatometry.model.firing import FiringMap
from pelletry.techniques.dilatometry.model.growth import GrowthLaw
from pelletry.techniques.dilatometry.model.master_curve import MasterCurve
from pelletry.techniques.dilatometry.model.tangents import Tangents
from pelletry.techniques.dilatometry.model.turning import Swelling
from pelletry.techniques.dilatometry.model.wang_raj import WangRaj

__all__ = ["DilatometryResult", "FiringAdvice", "MasterResult", "RunResult", "TurnSeen"]


@attrs.frozen(kw_only=True)
class TurnSeen:
    """Where the measured length turns: on heating, dwell or cooling, and into expansion or contraction."""

    stage: str
    temperature_K: float
    time_s: float
    to: str


@attrs.frozen(kw_only=True)
class RunResult:
    """One run. Curves over time (n,), thinned by means; the main heating on an even grid of temperatures (m,).

    ``strain_fraction`` is hot, as measured (blank taken off); ``cold_fraction`` without thermal expansion (None: not known).
    ``end_index`` is the last row before cooling. ``sintering_rate_per_s`` is de/dt of the cold strain, else of the hot one.
    """

    name: str
    origin: Origin
    rate_K_per_s: float | None
    top_K: float
    dwell_s: float
    time_s: Array = array_field(unit="s")
    temperature_K: Array = array_field(unit="K")
    strain_fraction: Array = array_field(unit="1")
    cold_fraction: Array | None = array_field(unit="1", default=None)
    sintering_rate_per_s: Array = array_field(unit="1/s")
    density_hot_relative: Array | None = array_field(default=None)
    density_cold_relative: Array | None = array_field(default=None)
    grid_K: Array = array_field(unit="K")
    grid_strain: Array = array_field(unit="1")
    grid_rate_per_K: Array = array_field(unit="1/K")
    end_index: int
    noise_fraction: float
    tangents: Tangents
    one_percent_K: Quantity
    shrinkage: Quantity
    shrinkage_cold: Quantity
    density_hot: Quantity
    density_cold: Quantity
    swelling: Swelling | None
    swelling_K: Quantity
    turns: tuple[TurnSeen, ...] = ()
    blank: str = ""
    expansion_per_K: float | None = None
    expansion_source: str = ""


@attrs.frozen(kw_only=True)
class FiringAdvice:
    """For one dwell temperature: dwell to the target density, and dwells at which grains reach the critical size (low, high)."""

    temperature_K: float
    dwell_to_target_s: float | None
    crack_dwell_low_s: float | None = None
    crack_dwell_high_s: float | None = None


@attrs.frozen(kw_only=True)
class MasterResult:
    """Energy of sintering, or why there is none; what follows from it."""

    energy_J_per_mol: Quantity
    lag_s: Quantity
    second_opinion_J_per_mol: Quantity
    rates_K_per_s: tuple[float, ...]
    curve: MasterCurve | None = None
    wang_raj: WangRaj | None = None
    has_green_density: bool = False
    firing: FiringMap | None = None
    advice: tuple[FiringAdvice, ...] = ()
    target_fraction: float = 0.95
    growth: tuple[GrowthLaw, ...] = ()
    critical_size_m: tuple[float, float] | None = None


@attrs.frozen(kw_only=True)
class DilatometryResult:
    """``green_fraction`` is the relative green density with its source; ``pellet_density`` that of the fired pellet, if known."""

    sample: str
    runs: tuple[RunResult, ...]
    master: MasterResult | None
    green_fraction: Quantity
    mass_loss: Estimate | None
    radial_per_axial: float
    pellet_density: Estimate | None
    main_run: int
    findings: tuple[Finding, ...] = ()
    lineage: Lineage
    is_simulated: bool = False

    @property
    def quantities(self) -> tuple[Reported, ...]:
        found: list[Reported] = []
        order = [self.main_run, *(i for i in range(len(self.runs)) if i != self.main_run)]
        for i in order:
            run = self.runs[i]
            conditions: tuple[tuple[str, float | str], ...] = (("file", run.origin.path),)
            if run.rate_K_per_s is not None:
                conditions = (("heating_rate_K_per_min", float(f"{60 * run.rate_K_per_s:.3g}")), *conditions)
            found += [self._reported(name, quantity, conditions) for name, quantity in _named(run)]
        if self.master is not None:
            found += [
                self._reported("sintering_energy", self.master.energy_J_per_mol, (("by", "master sintering curve"),)),
                self._reported("sintering_energy", self.master.second_opinion_J_per_mol, (("by", "Wang and Raj"),)),
                self._reported("thermocouple_lag", self.master.lag_s, ()),
            ]
        return tuple(found)

    def _reported(self, name: str, quantity: Quantity, conditions: tuple[tuple[str, float | str], ...]) -> Reported:
        flags = tuple(
            dict.fromkeys(
                f.code
                for f in self.findings
                if f.severity in ("warning", "error") and (not f.quantities or name in f.quantities)
            )
        )
        return Reported(
            sample=self.sample,
            technique="dilatometry",
            name=name,
            quantity=quantity,
            conditions=conditions,
            flags=flags,
        )

    @property
    def facts(self) -> tuple[Fact, ...]:
        run = self.runs[self.main_run]
        strain = run.shrinkage_cold if isinstance(run.shrinkage_cold, Estimate) else run.shrinkage
        if not isinstance(strain, Estimate):
            return ()
        density = run.density_cold if isinstance(run.density_cold, Estimate) else None
        return (
            Shrinkage(
                sample=self.sample,
                given_by="dilatometry",
                strain_fraction=strain,
                onset_temperature_K=_or_none(run.tangents.onset_K),
                expansion_temperature_K=_or_none(run.swelling_K),
                relative_density=density,
            ),
        )


def _or_none(quantity: Quantity) -> Estimate | None:
    return quantity if isinstance(quantity, Estimate) else None


def _named(run: RunResult) -> tuple[tuple[str, Quantity], ...]:
    return (
        ("shrinkage", run.shrinkage),
        ("shrinkage_cold", run.shrinkage_cold),
        ("sintering_onset", run.tangents.onset_K),
        ("one_percent_shrinkage_temperature", run.one_percent_K),
        ("fastest_shrinkage_temperature", run.tangents.max_rate_K),
        ("sintering_end", run.tangents.end_K),
        ("fastest_shrinkage_rate", run.tangents.max_rate_per_K),
        ("density_by_shrinkage", run.density_cold),
        ("density_by_shrinkage_hot", run.density_hot),
        ("swelling_onset", run.swelling_K),
    )
