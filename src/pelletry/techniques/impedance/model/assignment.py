r"""What each arc stands for: bulk, grain boundary, minor phase, surface layer, electrode, or undecided, with the reason.

The capacitance decides first (IrvineSinclairWest1990), after scaling by l/A to a cell constant of 1 cm^-1: 2 nF of a
0.5 mm pellet is 0.15 nF there, a grain boundary, while unscaled it would pass for a surface layer. Capacitances of
depressed arcs are good to about a factor of two (Hirschorn2010), so the printed ranges are widened by that. Ranges
overlap; then the order of the arcs (the grains are the fastest), the brick-layer ratio :math:`\delta/d = C_g/C_{gb}` and
the permittivity of the grains are asked. A boundary's arc with neither a resistance nor a faster arc before it holds the grains'
resistance as well and is no boundary alone. What remains open is called undecided and says what would settle it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import attrs

from pelletry.core.quantity import Estimate
from pelletry.reference.capacitance_ranges import capacitance_ranges
from pelletry.reference.constants import ELECTRIC_CONSTANT_F_PER_M

__all__ = [
    "ROLES",
    "ArcEvidence",
    "Assignment",
    "assign_path",
    "candidates_from_capacitance",
    "pooled_capacitance",
    "scaled_capacitance",
]

SOURCES = ("IrvineSinclairWest1990", "Hirschorn2010")
ROLES = ("bulk", "minor phase", "grain boundary", "surface layer", "electrode", "leads", "undecided")
REFERENCE_CELL_CONSTANT_PER_M = 100.0  # 1 cm^-1
RANGE_FACTOR = 2.0
PERMITTIVITY = (4.0, 100.0)  # of ionic ceramics; TiO2-rich and ferroelectric ones go above
THIN_BOUNDARY = 0.1  # delta/d above this is no thin boundary
BOUNDARY_THICKNESS_M = (0.3e-9, 1e-7)


@attrs.frozen(kw_only=True)
class ArcEvidence:
    """One arc as fitted; ``capacitance`` is the effective one (Hsu-Mansfeld), None when the fit does not give it."""

    name: str
    resistance_ohm: float
    capacitance: Estimate | None
    is_resolved: bool = True
    why_not: str = ""


@attrs.frozen(kw_only=True)
class Assignment:
    """What one element on the way of the current stands for.

    ``candidates`` are the roles that remain possible, best supported first; one when ``is_firm``. ``missing`` names what
    would be needed to decide. ``capacitance_scaled_F`` is for l/A = 1 cm^-1.
    """

    name: str
    role: str = attrs.field(validator=attrs.validators.in_(ROLES))
    candidates: tuple[str, ...]
    reason: str
    missing: tuple[str, ...] = ()
    capacitance_scaled_F: float | None = attrs.field(default=None, metadata={"unit": "F"})
    permittivity: float | None = None
    thickness_ratio: float | None = None

    @property
    def is_firm(self) -> bool:
        """Only one role is possible."""
        return self.role != "undecided" and len(self.candidates) == 1


def scaled_capacitance(*, capacitance_F: float, cell_constant_per_m: float) -> float:
    """Capacitance that the same material would have at l/A = 1 cm^-1, C (l/A)/(1 cm^-1). [F]"""
    return capacitance_F * cell_constant_per_m / REFERENCE_CELL_CONSTANT_PER_M


def candidates_from_capacitance(*, capacitance_scaled_F: float) -> tuple[str, ...]:
    """Roles whose range, widened by a factor of two, holds a scaled capacitance; the nearest to its middle first.

    The bulk is judged by permittivity, 4 to 100 and a factor of two around it, rather than by the printed 1e-12 F. The
    ferroelectric range is left out: it is reached only near a Curie temperature.
    """
    found = []
    for entry in capacitance_ranges():
        low, high = entry.low_F / RANGE_FACTOR, entry.high_F * RANGE_FACTOR
        if entry.process == "bulk":
            low, high = (_capacitance_of_permittivity(e) for e in PERMITTIVITY)
            low, high = low / RANGE_FACTOR, high * RANGE_FACTOR
        if entry.process in ("ferroelectric bulk", "electrochemical reaction"):
            continue
        if low <= capacitance_scaled_F <= high:
            middle = math.log(low * high) / 2
            found.append((abs(math.log(capacitance_scaled_F) - middle) / math.log(high / low), entry.process))
    reaction = next(e for e in capacitance_ranges() if e.process == "electrochemical reaction")
    if not found and capacitance_scaled_F > 1e-5:
        return ("electrode",) if capacitance_scaled_F < 10 * reaction.high_F else ()
    return tuple(process for _, process in sorted(found))


def _capacitance_of_permittivity(permittivity: float) -> float:
    return permittivity * ELECTRIC_CONSTANT_F_PER_M / REFERENCE_CELL_CONSTANT_PER_M


def pooled_capacitance(capacitances: Sequence[Estimate | None]) -> Estimate | None:
    """One capacitance for an arc from several temperatures, the median in the log; its std is their spread.

    Capacitances of grains and boundaries hardly change with temperature; a spread beyond a factor of two says that the
    arc is not one process at all temperatures.
    """
    logs = sorted(math.log(c.value) for c in capacitances if c is not None and c.value > 0)
    if not logs:
        return None
    middle = logs[len(logs) // 2] if len(logs) % 2 else 0.5 * (logs[len(logs) // 2 - 1] + logs[len(logs) // 2])
    value = math.exp(middle)
    mean = sum(logs) / len(logs)
    spread = math.sqrt(sum((x - mean) ** 2 for x in logs) / (len(logs) - 1)) if len(logs) > 1 else None
    return Estimate(
        value=value,
        std=None if spread is None else value * spread,
        unit="F",
        method=f"median of {len(logs)} temperatures, std is their spread",
    )


def assign_path(
    *,
    arcs: Sequence[ArcEvidence],
    series_resistance_ohm: float | None,
    is_blocking: bool,
    cell_constant_per_m: float | None,
    highest_frequency_Hz: float,
    grain_size_m: float | None = None,
) -> tuple[Assignment, ...]:
    """Assign the series resistance (when there is one) and each arc; the arcs come fastest first.

    Parameters
    ----------
    series_resistance_ohm:
        Resistance without an arc in the window; None when the circuit has none.
    is_blocking:
        The circuit ends in a blocking leg: the electrode then is the leg and no arc.
    cell_constant_per_m:
        l/A; None when the geometry is not known, and then nothing is decided.
    highest_frequency_Hz:
        Top of the window used.
    grain_size_m:
        Mean grain size, when measured; turns delta/d into a thickness.
    """
    first_is_bulk = _first_arc_is_bulk(arcs, cell_constant_per_m)
    found: list[Assignment] = []
    if series_resistance_ohm is not None:
        found.append(
            _series_resistance(
                series_resistance_ohm,
                first_is_bulk=first_is_bulk,
                cell_constant_per_m=cell_constant_per_m,
                highest_frequency_Hz=highest_frequency_Hz,
            )
        )
    has_bulk_in_series = series_resistance_ohm is not None and not first_is_bulk and found[0].role == "bulk"
    bulk_F = None
    for i, arc in enumerate(arcs):
        assigned = _arc(
            arc,
            is_fastest=i == 0,
            bulk_is_faster=has_bulk_in_series or bulk_F is not None or (i > 0 and first_is_bulk),
            bulk_F=bulk_F,
            is_blocking=is_blocking,
            cell_constant_per_m=cell_constant_per_m,
            grain_size_m=grain_size_m,
        )
        if i == 0 and series_resistance_ohm is None and assigned.role == "grain boundary":
            assigned = _with_the_grains(assigned)
        if assigned.role == "bulk":
            bulk_F = assigned.capacitance_scaled_F
        found.append(assigned)
    return tuple(found)


def _first_arc_is_bulk(arcs: Sequence[ArcEvidence], cell_constant_per_m: float | None) -> bool:
    if not arcs or cell_constant_per_m is None or arcs[0].capacitance is None or not arcs[0].is_resolved:
        return False
    scaled = scaled_capacitance(capacitance_F=arcs[0].capacitance.value, cell_constant_per_m=cell_constant_per_m)
    return "bulk" in candidates_from_capacitance(capacitance_scaled_F=scaled)


def _with_the_grains(arc: Assignment) -> Assignment:
    """A boundary's arc with nothing before it: the current passes the grains too, so their resistance is in it, unseparated."""
    return attrs.evolve(
        arc,
        role="undecided",
        candidates=("grain boundary", "bulk"),
        reason=f"{arc.reason}; nothing before it stands for the grains, so its resistance holds theirs as well",
        missing=("a spectrum at lower temperature or higher frequency that separates the grains",),
    )


def _series_resistance(
    resistance_ohm: float, *, first_is_bulk: bool, cell_constant_per_m: float | None, highest_frequency_Hz: float
) -> Assignment:
    name = "series resistance"
    if first_is_bulk:
        reason = "the grains have an arc of their own, so the resistance before it is leads and contacts"
        return Assignment(name=name, role="leads", candidates=("leads",), reason=reason)
    if cell_constant_per_m is None:
        reason = "without thickness and electrode area nobody can say where the arc of the grains would lie"
        return Assignment(
            name=name,
            role="undecided",
            candidates=("bulk", "leads"),
            reason=reason,
            missing=("thickness and electrode area",),
        )
    # C = eps_r eps0 / k, so the arc of the grains would peak at k/(2 pi R eps_r eps0).
    peaks = [cell_constant_per_m / (2 * math.pi * resistance_ohm * e * ELECTRIC_CONSTANT_F_PER_M) for e in PERMITTIVITY]
    words = (
        f"an arc of the grains ({resistance_ohm:.3g} ohm, permittivity 4 to 100) would peak between {_hertz(peaks[1])}"
    )
    words += f" and {_hertz(peaks[0])}, the window ends at {_hertz(highest_frequency_Hz)}"
    if peaks[0] < highest_frequency_Hz:
        reason = f"{words}: it would have been seen, so this is not (only) the grains; leads or contacts?"
        return Assignment(name=name, role="undecided", candidates=("leads", "bulk"), reason=reason)
    reason = f"{words}: the grains are this resistance, together with the leads"
    return Assignment(name=name, role="bulk", candidates=("bulk",), reason=reason)


def _hertz(value: float) -> str:
    for limit, factor, unit in ((1e9, 1e-9, "GHz"), (1e6, 1e-6, "MHz"), (1e3, 1e-3, "kHz")):
        if value >= limit:
            return f"{value * factor:.3g} {unit}"
    return f"{value:.3g} Hz"


def _arc(
    arc: ArcEvidence,
    *,
    is_fastest: bool,
    bulk_is_faster: bool,
    bulk_F: float | None,
    is_blocking: bool,
    cell_constant_per_m: float | None,
    grain_size_m: float | None,
) -> Assignment:
    if not arc.is_resolved or arc.capacitance is None:
        unknown = arc.why_not or "its capacitance is not determined by this spectrum"
        return Assignment(name=arc.name, role="undecided", candidates=(), reason=unknown)
    if cell_constant_per_m is None:
        reason = f"{arc.capacitance.value:.2g} F means nothing before it is scaled by l/A; thickness and electrode area are missing"
        return Assignment(
            name=arc.name, role="undecided", candidates=(), reason=reason, missing=("thickness and electrode area",)
        )
    scaled = scaled_capacitance(capacitance_F=arc.capacitance.value, cell_constant_per_m=cell_constant_per_m)
    permittivity = scaled * REFERENCE_CELL_CONSTANT_PER_M / ELECTRIC_CONSTANT_F_PER_M
    candidates = candidates_from_capacitance(capacitance_scaled_F=scaled)
    why = [f"{scaled:.2g} F at l/A = 1 cm⁻¹"]
    candidates = _by_order(candidates, why, permittivity, bulk_is_faster=bulk_is_faster, is_fastest=is_fastest)
    ratio = None if bulk_F is None else bulk_F / scaled
    candidates = _by_brick_layer(candidates, why, ratio, grain_size_m)
    if is_blocking and "electrode" in candidates and len(candidates) > 1:
        candidates = tuple(c for c in candidates if c != "electrode")
        why.append("the electrode is the blocking leg")
    return _settled(arc.name, candidates, why, scaled, permittivity, ratio)


def _by_order(
    candidates: tuple[str, ...], why: list[str], permittivity: float, *, bulk_is_faster: bool, is_fastest: bool
) -> tuple[str, ...]:
    if "bulk" in candidates and bulk_is_faster:
        why.append("the grains are the faster part before it")
        return tuple(c for c in candidates if c != "bulk")
    if "bulk" in candidates and is_fastest:
        why.append(f"the fastest arc, permittivity {permittivity:.2g}")
        if permittivity <= PERMITTIVITY[1]:
            return ("bulk",)
    if is_fastest and "bulk" not in candidates:
        why.append(f"as grains it would need a permittivity of {permittivity:.2g}, so it is not the bulk")
    return candidates


def _by_brick_layer(
    candidates: tuple[str, ...], why: list[str], ratio: float | None, grain_size_m: float | None
) -> tuple[str, ...]:
    """Use delta/d = C_g/C_gb where both capacitances are known."""
    if ratio is None or "grain boundary" not in candidates:
        return candidates
    if ratio > THIN_BOUNDARY:
        why.append(
            f"as a brick layer the boundary would be {100 * ratio:.0f} % of the grain size, so it is wide boundaries or a "
            "minor phase rather than clean thin boundaries"
        )
        rest = tuple(c for c in candidates if c not in ("grain boundary", "minor phase"))
        return ("grain boundary", "minor phase", *rest)
    if grain_size_m is None:
        why.append(f"as a brick layer the boundary is {100 * ratio:.2g} % of the grain size")
        return candidates
    thickness = ratio * grain_size_m
    why.append(f"as a brick layer the boundary is {thickness * 1e9:.2g} nm thick")
    if BOUNDARY_THICKNESS_M[0] <= thickness <= BOUNDARY_THICKNESS_M[1]:
        return ("grain boundary",)
    return tuple(c for c in candidates if c != "grain boundary") or candidates


def _settled(
    name: str, candidates: tuple[str, ...], why: list[str], scaled: float, permittivity: float, ratio: float | None
) -> Assignment:
    intergranular = {"grain boundary", "minor phase"}
    missing: tuple[str, ...] = ()
    if not candidates:
        role = "undecided"
        why.append("no process of a ceramic has this capacitance")
    elif set(candidates) <= intergranular and "grain boundary" in candidates:
        role = "grain boundary"
        if len(candidates) > 1:
            why.append("a minor phase between the grains cannot be excluded")
    elif len(candidates) == 1:
        role = candidates[0]
    else:
        role = "undecided"
        why.append(f"the ranges of {' and '.join(candidates)} overlap here")
        missing = _would_settle(candidates)
    return Assignment(
        name=name,
        role=role,
        candidates=candidates,
        reason="; ".join(why),
        missing=missing,
        capacitance_scaled_F=scaled,
        permittivity=permittivity,
        thickness_ratio=ratio,
    )


def _would_settle(candidates: tuple[str, ...]) -> tuple[str, ...]:
    if "bulk" in candidates:
        return ("a spectrum at lower temperature or higher frequency that shows a faster arc, if there is one",)
    if "electrode" in candidates:
        return (
            "the same pellet with other electrodes",
            "a pellet of another thickness: an electrode arc does not change",
        )
    return ("the grain size", "a pellet of another thickness: a surface layer does not change with it")
