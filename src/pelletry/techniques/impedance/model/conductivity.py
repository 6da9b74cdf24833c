r"""Conductivity from resistance and geometry, and the budget of its uncertainty.

The error of the geometry is one scale factor common to all temperatures and arcs of a pellet: it moves every
conductivity together and leaves activation energies and ratios untouched. It is therefore kept apart
(:attr:`BudgetItem.is_common`) and added once, at the end.
"""

from __future__ import annotations

import math

import attrs

from pelletry.core.errors import MeasurementError
from pelletry.core.quantity import Estimate
from pelletry.core.table import Table, TableColumn
from pelletry.reference.constants import BOLTZMANN_EV_PER_K

__all__ = [
    "Budget",
    "BudgetItem",
    "area_specific_resistance",
    "blocking_factor",
    "brick_layer_thickness_ratio",
    "conductivity_budget",
    "conductivity_from_resistance",
    "grain_boundary_conductivity_brick_layer",
    "interface_resistance_single",
    "relative_change_per_kelvin",
]


def conductivity_from_resistance(*, resistance_ohm: float, thickness_m: float, area_m2: float) -> float:
    r"""Conductivity of a pellet between two flat electrodes, :math:`\sigma = l / (R A)`. [S/m]

    A is the area of the electrodes, which may be less than the face; the field at the rim is neglected.

    Raises
    ------
    MeasurementError
        When a number is not positive.
    """
    if not min(resistance_ohm, thickness_m, area_m2) > 0:
        raise MeasurementError(
            f"a conductivity needs positive resistance, thickness and area, not {resistance_ohm:g} ohm, "
            f"{thickness_m:g} m, {area_m2:g} m2",
            do="check the pellet's dimensions and the fitted resistance",
        )
    return thickness_m / (resistance_ohm * area_m2)


def relative_change_per_kelvin(*, activation_energy_eV: float, temperature_K: float, convention: str) -> float:
    r""":math:`d \ln\sigma/dT`: :math:`E_a/(kT^2)` when Ea is of ln(sigma), minus :math:`1/T` when of ln(sigma T). [1/K]"""
    slope = activation_energy_eV / (BOLTZMANN_EV_PER_K * temperature_K**2)
    return slope - 1.0 / temperature_K if convention == "ln(sigma T)" else slope


@attrs.frozen(kw_only=True)
class BudgetItem:
    """One cause of uncertainty. ``relative_std`` None: not known. ``is_common``: the same for every point of the pellet."""

    cause: str
    stated: str
    relative_std: float | None
    is_common: bool


@attrs.frozen(kw_only=True)
class Budget:
    """Where the uncertainty of a conductivity comes from."""

    items: tuple[BudgetItem, ...]

    @property
    def relative_std(self) -> float | None:
        """All known items in quadrature; None when any is not known, since then the sum is not known either."""
        if self.unknown:
            return None
        return math.sqrt(sum((item.relative_std or 0.0) ** 2 for item in self.items))

    @property
    def known_relative_std(self) -> float:
        """The known items in quadrature: a lower bound when some are not known."""
        return math.sqrt(sum(item.relative_std**2 for item in self.items if item.relative_std is not None))

    @property
    def common_relative_std(self) -> float | None:
        """The part that is one scale factor for the whole pellet; None when a common item is not known."""
        common = [item.relative_std for item in self.items if item.is_common]
        if any(std is None for std in common):
            return None
        return math.sqrt(sum(std**2 for std in common if std is not None))

    @property
    def unknown(self) -> tuple[str, ...]:
        """Causes whose size is not known."""
        return tuple(item.cause for item in self.items if item.relative_std is None)

    @property
    def sentence(self) -> str:
        """``fit 0.5 %, diameter 1.1 %, thickness 2.2 %, temperature 4.2 %; together 4.9 %``."""
        known = [i for i in self.items if i.relative_std is not None]
        parts = [f"{i.cause} {_percent(i.relative_std or 0.0)}" for i in known]
        if not self.unknown:
            return f"{', '.join(parts)}; together {_percent(self.known_relative_std)}"
        missing = " and ".join(self.unknown)
        shown = (
            f"{', '.join(parts)}; together at least {_percent(self.known_relative_std)}" if parts else "no cause known"
        )
        return f"{shown}: the uncertainty of {missing} is not known"

    def table(self, *, key: str, title: str) -> Table:
        """One row a cause; the share is that of the variance."""
        whole = self.known_relative_std**2
        rows = tuple(
            (
                item.cause,
                item.stated,
                "not known" if item.relative_std is None else _percent(item.relative_std),
                "" if item.relative_std is None or whole == 0 else f"{100 * item.relative_std**2 / whole:.0f} %",
                "whole pellet" if item.is_common else "this point",
            )
            for item in self.items
        )
        together = ("together", "", self._together(), "", "")
        heads = (
            ("cause", "cause"),
            ("stated", "stated"),
            ("relative", "1 std of σ"),
            ("share", "share"),
            ("of", "common to"),
        )
        return Table(
            key=key,
            title=title,
            columns=tuple(TableColumn(key=k, title=t) for k, t in heads),
            rows=(*rows, together),
            notes=("Relative standard deviations, added in quadrature.",),
        )

    def _together(self) -> str:
        return f"at least {_percent(self.known_relative_std)}" if self.unknown else _percent(self.known_relative_std)


def _percent(fraction: float) -> str:
    percent = 100.0 * fraction
    return f"{percent:.2f} %" if percent < 0.1 else f"{percent:.1f} %"


def conductivity_budget(
    *,
    fit_relative_std: float | None,
    thickness: Estimate | None,
    area: Estimate | None,
    diameter: Estimate | None = None,
    temperature_std_K: float | None,
    change_per_K: float | None,
    temperature_is_common: bool = False,
) -> Budget:
    """The budget of one conductivity; what is not given is listed as not known, never taken as zero.

    Parameters
    ----------
    fit_relative_std:
        Relative standard deviation of the resistance from the fit.
    thickness, area, diameter:
        Pellet dimensions [m, m^2, m]. With a ``diameter`` the area counts through it: relative std twice the diameter's.
    temperature_std_K, change_per_K:
        Standard deviation of the temperature [K] and d ln(sigma)/dT (:func:`relative_change_per_kelvin`) [1/K].
    temperature_is_common:
        True when the error is an offset of the thermometer, the same at every temperature.
    """
    items = [BudgetItem(cause="fit", stated="", relative_std=fit_relative_std, is_common=False)]
    if diameter is not None:
        relative = _relative(diameter)
        items.append(_geometry_item("diameter", diameter, 1e3, "mm", None if relative is None else 2.0 * relative))
    else:
        items.append(_geometry_item("area", area, 1e4, "cm2", _relative(area)))
    items.append(_geometry_item("thickness", thickness, 1e3, "mm", _relative(thickness)))
    by_temperature = None
    if temperature_std_K is not None and change_per_K is not None:
        by_temperature = abs(change_per_K) * temperature_std_K
    stated = "" if temperature_std_K is None else f"±{temperature_std_K:g} K"
    if change_per_K is not None and stated:
        stated += f", {100 * change_per_K:.1f} %/K"
    items.append(
        BudgetItem(cause="temperature", stated=stated, relative_std=by_temperature, is_common=temperature_is_common)
    )
    return Budget(items=tuple(items))


def _relative(estimate: Estimate | None) -> float | None:
    return None if estimate is None or estimate.std is None else estimate.std / abs(estimate.value)


def _geometry_item(cause: str, given: Estimate | None, factor: float, unit: str, relative: float | None) -> BudgetItem:
    if given is None:
        stated = "not given"
    elif given.std is None:
        stated = f"{given.value * factor:.4g} {unit}, uncertainty not given"
    else:
        stated = f"{given.value * factor:.4g} ± {given.std * factor:.2g} {unit}"
    return BudgetItem(cause=cause, stated=stated, relative_std=relative, is_common=True)


def blocking_factor(
    *,
    bulk_ohm: float,
    blocked_ohm: float,
    bulk_log_std: float | None,
    blocked_log_std: float | None,
    correlation: float,
) -> Estimate:
    r"""Fraction of the resistance that blockers (grain boundaries, pores) add, :math:`\alpha_R = R_b/(R_g + R_b)`. [1]

    Geometry cancels. A factor that does not change with temperature speaks for geometric blocking rather than for a
    second phase with its own activation energy.

    Parameters
    ----------
    bulk_log_std, blocked_log_std:
        Standard deviations of ln R.
    correlation:
        Between ln R_g and ln R_b; strongly negative for arcs that overlap, so it must not be left out.
    """
    alpha = blocked_ohm / (bulk_ohm + blocked_ohm)
    std = None
    if bulk_log_std is not None and blocked_log_std is not None:
        variance = bulk_log_std**2 + blocked_log_std**2 - 2 * correlation * bulk_log_std * blocked_log_std
        std = alpha * (1.0 - alpha) * math.sqrt(max(variance, 0.0))
    return Estimate(value=alpha, std=std, unit="1", method="R_b/(R_g + R_b)")


def brick_layer_thickness_ratio(*, bulk_capacitance_F: float, boundary_capacitance_F: float) -> float:
    r"""Grain-boundary thickness over grain size in the brick-layer model, :math:`\delta/d = C_g/C_{gb}`. [1]

    Takes the permittivity of boundary and grain as equal, which is an assumption.
    """
    return bulk_capacitance_F / boundary_capacitance_F


def grain_boundary_conductivity_brick_layer(
    *,
    boundary_resistance_ohm: float,
    thickness_m: float,
    area_m2: float,
    bulk_capacitance_F: float,
    boundary_capacitance_F: float,
) -> float:
    r"""Specific conductivity of the boundary itself, :math:`\sigma_{gb} = \frac{l}{R_{gb} A}\frac{C_g}{C_{gb}}`. [S/m]

    Brick-layer model, equal permittivities. With arcs depressed by n around 0.9 it is an estimate, good to tens of percent.
    """
    apparent = conductivity_from_resistance(
        resistance_ohm=boundary_resistance_ohm, thickness_m=thickness_m, area_m2=area_m2
    )
    ratio = brick_layer_thickness_ratio(
        bulk_capacitance_F=bulk_capacitance_F, boundary_capacitance_F=boundary_capacitance_F
    )
    return apparent * ratio


def area_specific_resistance(*, cell: Estimate, pellet: Estimate, area: Estimate) -> Estimate:
    r"""Area specific resistance of one interface of a symmetric cell, :math:`(R_{cell} - R_{pellet}) A / 2`. [ohm m^2]

    The pellet's resistance must be that at the same temperature. The result may be zero within its uncertainty.
    """
    difference = cell.value - pellet.value
    std = None
    if cell.std is not None and pellet.std is not None and area.std is not None:
        by_resistance = math.hypot(cell.std, pellet.std) * area.value / 2
        by_area = difference * area.std / 2
        std = math.hypot(by_resistance, by_area)
    return Estimate(value=difference * area.value / 2, std=std, unit="ohm m2", method="(R_cell - R_pellet) A / 2")


def interface_resistance_single(*, resistance: Estimate, area: Estimate) -> Estimate:
    """Area specific resistance where only one interface of that kind is in the cell, R A (no half). [ohm m^2]"""
    std = None
    if resistance.std is not None and area.std is not None:
        std = math.hypot(resistance.std * area.value, resistance.value * area.std)
    return Estimate(value=resistance.value * area.value, std=std, unit="ohm m2", method="R A, one interface")
