"""The same spectra fitted in two ways, each alone and all together: how far the energies depend on that choice."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from pelletry.core.finding import Finding
from pelletry.techniques.impedance.model.fit_result import CircuitFit
from pelletry.techniques.impedance.result import ModelEnergy, PartLine, SpectrumResult
from pelletry.techniques.impedance.settings import ImpedanceSettings

__all__ = ["EnergiesByModel", "energies_by_model"]


@attrs.frozen(kw_only=True)
class EnergiesByModel:
    """Energies of each way of fitting, their comparison in words, and findings."""

    energies: tuple[ModelEnergy, ...] = ()
    sentence: str = ""
    findings: tuple[Finding, ...] = ()


def energies_by_model(
    spectra: Sequence[SpectrumResult],
    fits: Sequence[CircuitFit | None],
    lines: Sequence[PartLine],
    *,
    sample: str,
    settings: ImpedanceSettings,
) -> EnergiesByModel:
    """Energies of the separate fits beside those of the common one."""
    return EnergiesByModel()
