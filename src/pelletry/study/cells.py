"""One cell of a samples table: a size with its unit, one reading or several, and how uncertain that makes it.

A cell holds ``0.465 mm``, ``0.465(3) mm``, ``0.465 ± 0.003 mm`` or several readings ``0.461; 0.466; 0.463 mm``. The unit
stands in the cell or in the head of the column: ``thickness (mm)``, ``thickness [mm]``, ``thickness / mm``, ``thickness_mm``.

Uncertainty of n readings. The value is their mean and the standard uncertainty that of the mean, s/sqrt(n), with s the standard
deviation of the readings and n - 1 degrees of freedom (JCGM 100:2008, 4.2.3). The 95 % interval takes Student's t for them
(annex G): without it the interval of three readings would hold the truth 81 times in 100. What is computed from several sizes
combines their degrees of freedom (:mod:`pelletry.core.freedom`). The instrument's own part, when study.toml states it, is
added in quadrature: resolution/sqrt(12) (F.2.2.1) and its standard uncertainty, both known. Readings that are all equal
say only that they agree to their last written digit, which then counts as the resolution. An uncertainty that a cell
states itself, behind a single reading, is taken as the whole.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from statistics import fmean, stdev

import attrs

from pelletry.core.errors import Mistake
from pelletry.core.freedom import combined_degrees_of_freedom
from pelletry.core.quantity import Estimate
from pelletry.core.units import UnitError, parse_quantity

__all__ = ["NOT_KNOWN", "CellValue", "Instrument", "combined", "read_cell", "split_head"]

#: Texts of a cell that say "not known", like an empty cell.
NOT_KNOWN = frozenset({"", "-", "–", "—", "?", "n/a", "na", "n.a.", "none"})
_PIECE = re.compile(
    r"""^(?P<number>[+-]?[\d.,]+(?:[eE][+-]?\d+)?)
        (?P<error>\s*\([\d.]+\)(?:[eE][+-]?\d+)?|\s*(?:±|\+/-|\+-)\s*[\d.,]+(?:[eE][+-]?\d+)?)?
        \s*(?P<unit>.*)$""",
    re.VERBOSE,
)
_UNIT_BETWEEN = re.compile(
    r"^(?P<number>[+-]?[\d.,]+)\s*(?P<unit>[^\d\s.,±+(][^±]*?)\s*±\s*(?P<error>[\d.,]+)\s*(?P<again>.*)$"
)


@attrs.frozen(kw_only=True)
class Instrument:
    """What study.toml says of a calliper or a balance, in the house unit; None: not stated."""

    name: str
    resolution: float | None = None
    std: float | None = None

    @property
    def total_std(self) -> float | None:
        parts = [self.resolution / math.sqrt(12) if self.resolution else None, self.std]
        known = [part for part in parts if part is not None]
        return math.hypot(*known) if known else None


@attrs.frozen(kw_only=True)
class CellValue:
    """The estimate of a cell and the single readings behind it (one or more), in the house unit."""

    estimate: Estimate
    readings: tuple[float, ...]


def split_head(head: str, columns: Sequence[str], aliases: Mapping[str, str] | None = None) -> tuple[str | None, str]:
    """The column a head names, and the unit written in the head; the column is None when nobody knows it.

    >>> split_head("Thickness (mm)", ["thickness"]), split_head("thickness_mm", ["thickness"]), split_head("x", ["thickness"])
    (('thickness', 'mm'), ('thickness', 'mm'), (None, ''))
    """
    text = " ".join(head.replace("\u00a0", " ").split())
    unit = ""
    if found := re.match(r"^(?P<name>.*?)\s*(?:\((?P<a>[^()]*)\)|\[(?P<b>[^\[\]]*)\]|\s/\s*(?P<c>\S.*))$", text):
        text, unit = found["name"], (found["a"] or found["b"] or found["c"] or "").strip()
    key = text.strip().lower().replace(" ", "_").replace("-", "_")
    key = (aliases or {}).get(key, key)
    if key in columns:
        return key, unit
    if not unit:
        for column in sorted(columns, key=len, reverse=True):
            if key.startswith(column + "_") and (tail := _unit_of_tail(text.strip()[len(column) + 1 :])):
                return column, tail
    return None, unit


def _unit_of_tail(tail: str) -> str:
    """``g_per_cm3`` -> ``g/cm3``; only what looks like a unit, so that ``mass_before`` is not the mass in "before"."""
    known = {
        "mm", "cm", "m", "um", "µm", "μm", "nm", "in", "inch", "g", "mg", "kg", "ug", "k", "c", "degc", "°c", "h", "hours", "min",
        "s", "mm2", "cm2", "m2", "g_per_cm3", "g/cm3", "kg_per_m3", "kg/m3", "g_cm3", "k_per_min", "k/min", "c_per_min",
        "°c/min", "degc_per_min", "k_min", "k_per_h", "k/h", "k_per_s", "k/s",
    }  # fmt: skip
    if tail.lower() not in known:
        return ""
    plain = tail.replace("_per_", "/").replace("g_cm3", "g/cm3").replace("K_min", "K/min")
    return {"degC": "°C", "C": "°C"}.get(plain, plain)


def read_cell(
    text: str,
    *,
    unit: str,
    head_unit: str = "",
    where: str = "",
    has_decimal_comma: bool = False,
    instrument: Instrument | None = None,
) -> CellValue:
    """The value of a cell in the house ``unit``.

    Raises
    ------
    UnitError
        When a reading is not a number with a unit, or the uncertainty cannot be read; names the cell.
    """
    pieces = [_tidy(piece, has_decimal_comma) for piece in re.split(r"[;|]", text)]
    matches = [match for piece in pieces if piece and (match := _PIECE.match(piece))]
    last_unit = matches[-1]["unit"].strip() if matches else ""
    estimates = []
    for piece in pieces:
        if not piece:
            continue
        match = _PIECE.match(piece)
        if match is not None and not match["unit"].strip():
            piece = f"{piece} {last_unit or head_unit}".strip()
        piece = re.sub(r"(?:°|deg)C\s*/", "K/", piece) if unit in ("K/s", "K/min") else piece
        estimates.append(parse_quantity(piece, unit=unit, where=where))
    if not estimates:
        raise UnitError(mistakes=[Mistake(what="the cell holds no number", where=where)])
    decimals = min((_last_digit(match["number"]) for match in matches), default=0.0)
    factor = _factor(matches[-1]["unit"].strip() or head_unit, unit, where) if len(estimates) > 1 else 1.0
    return combined(estimates, last_digit=decimals * factor, instrument=instrument)


def _tidy(piece: str, has_decimal_comma: bool) -> str:
    piece = piece.replace("\u00a0", " ").replace("\u2009", " ").replace("\u202f", " ").replace("−", "-").strip()
    piece = piece.replace("+/-", "±").replace("+-", "±")
    if has_decimal_comma:
        piece = re.sub(r"(?<=\d),(?=\d)", ".", piece)
    if between := _UNIT_BETWEEN.match(piece):
        again = between["again"].strip()
        if again in ("", between["unit"].strip()):
            piece = f"{between['number']} ± {between['error']} {between['unit'].strip()}"
    return piece


def _last_digit(number: str) -> float:
    mantissa, _, exponent = number.lower().partition("e")
    return float(10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2])))


def _factor(spelled: str, unit: str, where: str) -> float:
    one = parse_quantity(f"1 {spelled}", unit=unit, where=where).value
    return one - parse_quantity(f"0 {spelled}", unit=unit, where=where).value


def combined(estimates: Sequence[Estimate], *, last_digit: float, instrument: Instrument | None = None) -> CellValue:
    """One estimate from one or several readings of the same size; the rule stands at the head of this module."""
    readings = tuple(one.value for one in estimates)
    of_instrument = None if instrument is None else instrument.total_std
    name = "" if instrument is None else instrument.name
    if len(estimates) == 1:
        only = estimates[0]
        if only.std is not None:
            return CellValue(estimate=attrs.evolve(only, std=only.std or None), readings=readings)
        method = (
            f"one reading; the {name} as stated in study.toml" if of_instrument else "as stated, without uncertainty"
        )
        return CellValue(estimate=attrs.evolve(only, std=of_instrument, method=method), readings=readings)
    count = len(readings)
    spread = stdev(readings) / math.sqrt(count)
    stated = max((one.std for one in estimates if one.std is not None), default=None)
    parts: list[tuple[float, float | None]] = [(spread, count - 1)]
    parts += [(part, None) for part in (stated, of_instrument) if part is not None]
    method = f"mean of {count} readings, their standard error with {count - 1} degrees of freedom"
    if stated is not None or of_instrument is not None:
        method += f", and the {name or 'instrument'} as stated"
    elif spread < 1e-6 * last_digit:
        # Equal readings agree within their last digit; no spread does not mean no uncertainty.
        parts = [(last_digit / math.sqrt(12), None)]
        method = f"mean of {count} equal readings; their last digit as resolution"
    std = math.hypot(*(part for part, _ in parts)) or None
    freedom = combined_degrees_of_freedom(parts)
    estimate = Estimate(
        value=fmean(readings), std=std, unit=estimates[0].unit, method=method, degrees_of_freedom=freedom
    )
    return CellValue(estimate=estimate, readings=readings)
