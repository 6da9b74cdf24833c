"""Thermogravimetry of one sample: its runs with their steps, and the fact it gives to others."""

from __future__ import annotations

import attrs

from pelletry.core.arrays import Array, array_field
from pelletry.core.facts import Fact, MassLoss
from pelletry.core.finding import Finding
from pelletry.core.provenance import Lineage, Origin
from pelletry.core.quantity import Estimate, Quantity, Reported

__all__ = ["LossRun", "QuietTest", "StepSeen", "ThermogravimetryResult"]


@attrs.frozen(kw_only=True)
class StepSeen:
    """One step; ``change`` of the dry mass, negative for a loss. ``is_drying``: the one after which the sample counts as dry."""

    change: Estimate
    onset_K: Quantity
    peak_K: Estimate
    end_K: Quantity
    peak_rate_per_s: float
    has_plateaus: bool
    is_drying: bool = False


@attrs.frozen(kw_only=True)
class QuietTest:
    """Was anything lost above a temperature? ``change`` of the dry mass, against ``limit_fraction`` of noise."""

    above_K: float
    change: Quantity
    limit_fraction: float
    is_quiet: bool | None


@attrs.frozen(kw_only=True)
class LossRun:
    """One run. ``share_fraction`` (n,) is of the initial mass, smoothed on an even grid of time; the rate is of that share."""

    name: str
    origin: Origin
    rate_K_per_s: float | None
    top_K: float
    time_s: Array = array_field(unit="s")
    temperature_K: Array = array_field(unit="K")
    share_fraction: Array = array_field(unit="1")
    loss_rate_per_s: Array = array_field(unit="1/s")
    noise_fraction: float
    dry_share: float
    dry_source: str
    loss_of_dry: Quantity
    loss_of_initial: Quantity
    drying_loss: Quantity
    quiet_above_K: Quantity
    steps: tuple[StepSeen, ...] = ()
    tests: tuple[QuietTest, ...] = ()
    blank: str = ""
    end_index: int


@attrs.frozen(kw_only=True)
class ThermogravimetryResult:
    """``runs`` in the study's order; the first gives the fact."""

    sample: str
    runs: tuple[LossRun, ...]
    findings: tuple[Finding, ...] = ()
    lineage: Lineage
    is_simulated: bool = False

    @property
    def quantities(self) -> tuple[Reported, ...]:
        found = []
        for number, run in enumerate(self.runs, start=1):
            where: tuple[tuple[str, float | str], ...] = (("file", run.origin.path),)
            if len(self.runs) > 1:
                where = (("run", str(number)), *where)
            for name, quantity, conditions in _named(run):
                found.append(
                    Reported(
                        sample=self.sample,
                        technique="thermogravimetry",
                        name=name,
                        quantity=quantity,
                        conditions=(*conditions, *where),
                        flags=self._flags(name),
                    )
                )
        return tuple(found)

    def _flags(self, name: str) -> tuple[str, ...]:
        """Codes of the warnings that concern a number."""
        concerned = (f for f in self.findings if not f.quantities or name in f.quantities)
        return tuple(dict.fromkeys(f.code for f in concerned if f.severity in ("warning", "error")))

    @property
    def facts(self) -> tuple[Fact, ...]:
        run = self.runs[0]
        if not isinstance(run.loss_of_dry, Estimate):
            return ()
        quiet = run.quiet_above_K
        return (
            MassLoss(
                sample=self.sample,
                given_by="thermogravimetry",
                mass_loss_fraction=run.loss_of_dry,
                end_temperature_K=quiet.value if isinstance(quiet, Estimate) else None,
            ),
        )


def _named(run: LossRun) -> list[tuple[str, Quantity, tuple[tuple[str, float | str], ...]]]:
    found: list[tuple[str, Quantity, tuple[tuple[str, float | str], ...]]] = [
        ("mass_loss", run.loss_of_dry, ()),
        ("mass_loss_of_initial", run.loss_of_initial, ()),
        ("drying_loss", run.drying_loss, ()),
        ("no_loss_above", run.quiet_above_K, ()),
    ]
    for number, step in enumerate(run.steps, start=1):
        where: tuple[tuple[str, float | str], ...] = (("step", str(number)),)
        found += [
            ("step_change", step.change, where),
            ("step_onset", step.onset_K, where),
            ("step_peak", step.peak_K, where),
            ("step_end", step.end_K, where),
        ]
    for test in run.tests:
        found.append(("change_above", test.change, (("above_K", test.above_K),)))
    return found
