"""The entries of a VAMAS file in their order: the experiment, then block after block. See ``vamas.py`` for the format."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from pelletry.core.arrays import Array, array_field
from pelletry.core.errors import BrokenFileError, quoted
from pelletry.formats.rawfile import RawFile
from pelletry.formats.xps import number_text

__all__ = ["Block", "Experiment", "Lines", "read_block", "read_experiment"]

_NOT_GIVEN = 1e36  # the standard's 1E+37
_EXPERIMENT_MODES = ("MAP", "MAPDP", "MAPSV", "MAPSVDP", "NORM", "SDP", "SDPSV", "SEM", "NOEXP")
_REGIONS = ("MAP", "MAPDP", "NORM", "SDP")
_SPUTTERED = ("MAPDP", "MAPSVDP", "SDP", "SDPSV")
_FIELDS_OF_VIEW = ("MAP", "MAPDP", "MAPSV", "MAPSVDP", "SEM")
_LINE_SCANS = ("MAPSV", "MAPSVDP", "SEM")
_ION_TECHNIQUES = ("FABMS", "FABMS energy spec", "ISS", "SIMS", "SIMS energy spec", "SNMS", "SNMS energy spec")
_DEPTH_TECHNIQUES = ("AES diff", "AES dir", "EDX", "ELS", "UPS", "XPS", "XRF")
_PARAMETERS = 40


@attrs.define(kw_only=True)
class Lines:
    """The lines of the file and where reading stands; ``at`` is the number of the line that was read last."""

    raw: RawFile
    lines: Sequence[str]
    at: int = 0

    @property
    def left(self) -> int:
        return len(self.lines) - self.at

    def text(self, what: str) -> str:
        if self.at >= len(self.lines):
            raise self.raw.broken(f"the file ends where {what} should be", line=len(self.lines))
        self.at += 1
        return self.lines[self.at - 1].strip()

    def number(self, what: str) -> float:
        text = self.text(what)
        try:
            value = float(text.replace(",", "."))
        except ValueError:
            value = math.nan
        if math.isnan(value):
            raise self.wrong(f"{quoted(text)} stands where {what} should be", expected="a number")
        return value

    def whole(self, what: str) -> int:
        value = self.number(what)
        if not value.is_integer() or abs(value) > 1e9:
            raise self.wrong(f"{number_text(value)} stands where {what} should be", expected="a whole number")
        return int(value)

    def count(self, what: str) -> int:
        """A number of entries that must still fit into the file."""
        value = self.whole(what)
        if not 0 <= value <= self.left:
            raise self.wrong(
                f"{what} is {value}, but {self.left} lines are left", expected="a count that the file can hold"
            )
        return value

    def texts(self, count: int, what: str) -> list[str]:
        return [self.text(what) for _ in range(count)]

    def wrong(self, what: str, *, expected: str = "") -> BrokenFileError:
        return self.raw.broken(what, line=self.at, expected=expected, do="check that the file was not edited or cut")


@attrs.frozen(kw_only=True)
class Experiment:
    """What stands before the first block. ``included`` says which of the 40 entries later blocks repeat."""

    header: Mapping[str, str]
    mode: str
    scan_mode: str
    variables: tuple[tuple[str, str], ...]
    included: tuple[bool, ...]
    block_upgrades: int
    blocks: int


@attrs.frozen(kw_only=True)
class Block:
    """One block. ``given`` holds the entries by name, without those that are not given; ``values`` are interleaved as in the file."""

    line: int
    name: str
    sample: str
    technique: str
    acquired_at: str | None
    comment: tuple[str, ...]
    header: Mapping[str, str]
    given: Mapping[str, float | str]
    abscissa: str
    abscissa_unit: str
    start: float
    increment: float
    variables: tuple[tuple[str, str], ...]
    values: Array = array_field(doc="shape (points x variables,)")
    entries: Mapping[int, Any] = attrs.field(factory=dict, repr=False)


def read_experiment(lines: Lines) -> Experiment:
    """Everything up to the number of blocks."""
    while lines.left and not lines.lines[lines.at].strip():
        lines.at += 1
    lines.text("the name of the format")
    keys = ("institution", "instrument", "operator", "experiment")
    header = {key: _said(lines.text(f"the {key}")) for key in keys}
    header["comment"] = "\n".join(lines.texts(lines.count("the number of comment lines"), "the comment")).strip()
    mode = lines.text("the experiment mode").upper()
    if mode not in _EXPERIMENT_MODES:
        raise lines.wrong(f"{quoted(mode)} is no experiment mode", expected=f"one of {', '.join(_EXPERIMENT_MODES)}")
    scan_mode = lines.text("the scan mode").upper()
    if scan_mode not in ("REGULAR", "IRREGULAR", "MAPPING"):
        raise lines.wrong(f"{quoted(scan_mode)} is no scan mode", expected="REGULAR, IRREGULAR or MAPPING")
    if mode in _REGIONS:
        lines.whole("the number of spectral regions")
    if mode in ("MAP", "MAPDP"):
        for what in ("the number of analysis positions", "the number of x positions", "the number of y positions"):
            lines.whole(what)
    variables = _labelled(lines, lines.count("the number of experimental variables"), "an experimental variable")
    included = _inclusion(lines)
    lines.texts(lines.count("the number of manually entered items"), "a manually entered item")
    upgrades = lines.count("the number of upgrade entries of the experiment")
    block_upgrades = lines.count("the number of upgrade entries of a block")
    lines.texts(upgrades, "an upgrade entry")
    blocks = lines.count("the number of blocks")
    return Experiment(
        header=header,
        mode=mode,
        scan_mode=scan_mode,
        variables=variables,
        included=included,
        block_upgrades=block_upgrades,
        blocks=blocks,
    )


def _said(text: str) -> str:
    return "" if text.lower() in ("not specified", "none") else text


def _labelled(lines: Lines, count: int, what: str) -> tuple[tuple[str, str], ...]:
    return tuple((lines.text(what), lines.text(f"the unit of {what}")) for _ in range(count))


def _inclusion(lines: Lines) -> tuple[bool, ...]:
    """A positive count lists the entries that later blocks repeat, a negative one those that they leave out."""
    count = lines.whole("the number of entries in the inclusion or exclusion list")
    if abs(count) > _PARAMETERS:
        raise lines.wrong(
            f"the inclusion or exclusion list has {abs(count)} entries", expected=f"at most {_PARAMETERS}"
        )
    included = [count <= 0] * _PARAMETERS
    for _ in range(abs(count)):
        number = lines.whole("an entry of the inclusion or exclusion list")
        if not 1 <= number <= _PARAMETERS:
            raise lines.wrong(f"{number} is no entry of a block", expected=f"a number from 1 to {_PARAMETERS}")
        included[number - 1] = count > 0
    return tuple(included)


@attrs.define(kw_only=True)
class _Entries:
    """Takes entry after entry by its number: read from the file, or from the first block where the list says so."""

    lines: Lines
    included: Sequence[bool]
    first: Mapping[int, Any]
    taken: dict[int, Any] = attrs.field(factory=dict)

    def take(self, number: int, read: Callable[[], Any]) -> Any:
        is_repeated = not self.first or self.included[number - 1]
        self.taken[number] = read() if is_repeated else self.first.get(number)
        return self.taken[number]

    def numbers(self, number: int, *whats: str) -> list[float]:
        return list(self.take(number, lambda: [self.lines.number(what) for what in whats]) or ())

    def one(self, number: int, what: str) -> float | None:
        """A number, or None when it is not given."""
        values = self.numbers(number, what)
        return values[0] if values and abs(values[0]) < _NOT_GIVEN else None

    def text(self, number: int, what: str) -> str:
        return str(self.take(number, lambda: self.lines.text(what)) or "")


def _texts_of_count(lines: Lines, what: str) -> list[str]:
    return lines.texts(lines.count(f"the number of lines of {what}"), what)


def _additional(lines: Lines) -> list[tuple[str, str, float]]:
    what = "an additional numerical parameter"
    count = lines.count(f"the number of entries of {what}")
    return [(lines.text(what), lines.text(what), lines.number(what)) for _ in range(count)]


def _abscissa(lines: Lines) -> tuple[str, str, float, float]:
    what = "the abscissa"
    return (
        lines.text(f"the label of {what}"),
        lines.text(f"the unit of {what}"),
        lines.number(f"the start of {what}"),
        lines.number(f"the increment of {what}"),
    )


def read_block(lines: Lines, experiment: Experiment, *, first: Block | None) -> Block:
    """One block. ``first`` is the first block of the file, None for that block itself."""
    entries = _Entries(lines=lines, included=experiment.included, first=first.entries if first else {})
    begin = lines.at + 1
    name, sample = lines.text("the name of the block"), _said(lines.text("the name of the sample"))
    acquired_at = _date([entries.one(i + 1, "the date") for i in range(7)])
    comment = tuple(entries.take(8, lambda: _texts_of_count(lines, "the comment of the block")) or ())
    technique = entries.text(9, "the technique")
    header, given = _source(entries, experiment, technique)
    given |= _analyser(entries, technique, header)
    is_regular = experiment.scan_mode == "REGULAR"
    abscissa = entries.take(31, lambda: _abscissa(lines)) if is_regular else ("", "", 0.0, 0.0)
    variables = entries.take(
        32, lambda: _labelled(lines, lines.count("the number of variables"), "the label of a variable")
    )
    given |= _signal(entries)
    _orientation(entries, experiment, technique, header)
    for label, unit, value in entries.take(40, lambda: _additional(lines)) or ():
        header[label or "additional parameter"] = " ".join(part for part in (number_text(value), _unit(unit)) if part)
    lines.texts(experiment.block_upgrades, "an upgrade entry of the block")
    values = _values(lines, len(variables))
    return Block(
        line=begin,
        name=name,
        sample=sample,
        technique=technique,
        acquired_at=acquired_at,
        comment=comment,
        header=header,
        given={key: value for key, value in given.items() if value is not None and value != ""},
        abscissa=abscissa[0],
        abscissa_unit=_unit(abscissa[1]),
        start=abscissa[2],
        increment=abscissa[3],
        variables=variables,
        values=values,
        entries=entries.taken,
    )


def _unit(unit: str) -> str:
    return "" if unit == "d" else unit  # the standard's "d" is a number without a dimension


def _source(
    entries: _Entries, experiment: Experiment, technique: str
) -> tuple[dict[str, str], dict[str, float | str | None]]:
    """Entries 10 to 20: where on the sample, and what it was lit with."""
    header: dict[str, str] = {}
    if experiment.mode in ("MAP", "MAPDP"):
        entries.numbers(10, "the x position", "the y position")
    values = entries.numbers(11, *(f"the value of {label}" for label, _ in experiment.variables))
    for (label, unit), value in zip(experiment.variables, values, strict=False):
        if _said(label) and abs(value) < _NOT_GIVEN:
            header[label] = " ".join(part for part in (number_text(value), _unit(unit)) if part)
    source = entries.text(12, "the label of the source")
    if experiment.mode in _SPUTTERED or technique in _ION_TECHNIQUES:
        entries.numbers(13, "the sputtering ion", "the atoms of the sputtering ion", "the charge of the sputtering ion")
    given: dict[str, float | str | None] = {
        "source": source,
        "source energy": entries.one(14, "the energy of the source"),
        "source strength": entries.one(15, "the strength of the source"),
    }
    entries.numbers(16, "the width of the beam in x", "the width of the beam in y")
    if experiment.mode in _FIELDS_OF_VIEW:
        entries.numbers(17, "the field of view in x", "the field of view in y")
    if experiment.mode in _LINE_SCANS:
        entries.numbers(18, *["a coordinate of the line scan"] * 6)
    for number, key in ((19, "source polar angle (deg)"), (20, "source azimuth (deg)")):
        _keep(header, key, entries.one(number, f"the {key[:-6]}"))
    return header, given


def _keep(header: dict[str, str], key: str, value: float | None) -> None:
    if value is not None:
        header[key] = number_text(value)


def _analyser(entries: _Entries, technique: str, header: dict[str, str]) -> dict[str, float | str | None]:
    """Entries 21 to 30."""
    given: dict[str, float | str | None] = {"analyser mode": entries.text(21, "the mode of the analyser")}
    given["pass energy"] = entries.one(22, "the pass energy")
    if technique == "AES diff":
        entries.numbers(23, "the differential width")
    _keep(header, "lens magnification", entries.one(24, "the magnification of the lens"))
    given["work function"] = entries.one(25, "the work function")
    _keep(header, "target bias (V)", entries.one(26, "the bias of the target"))
    widths = entries.numbers(27, "the analysed width in x", "the analysed width in y")
    angles = entries.numbers(28, "the take-off polar angle", "the take-off azimuth")
    names = ("analysed width x (um)", "analysed width y (um)", "take-off polar angle (deg)", "take-off azimuth (deg)")
    for key, value in zip(names, (*widths, *angles), strict=False):
        _keep(header, key, value if abs(value) < _NOT_GIVEN else None)
    given["species"] = entries.text(29, "the species")
    lines = entries.lines
    pair = entries.take(30, lambda: (lines.text("the transition"), lines.number("the charge of the particle")))
    given["transition"] = pair[0]
    return given


def _signal(entries: _Entries) -> dict[str, float | str | None]:
    """Entries 33 to 36."""
    given: dict[str, float | str | None] = {
        "signal mode": entries.text(33, "the signal mode"),
        "collection time": entries.one(34, "the collection time"),
        "scans": entries.one(35, "the number of scans"),
    }
    entries.numbers(36, "the time correction")
    return given


def _orientation(entries: _Entries, experiment: Experiment, technique: str, header: dict[str, str]) -> None:
    """Entries 37 to 39."""
    if experiment.mode in _SPUTTERED and technique in _DEPTH_TECHNIQUES:
        lines = entries.lines
        what = "the sputtering source"
        entries.take(37, lambda: [*(lines.number(what) for _ in range(6)), lines.text(what)])
    tilt = entries.numbers(38, "the tilt of the sample", "the azimuth of the tilt")
    _keep(header, "sample tilt (deg)", next((value for value in tilt[:1] if abs(value) < _NOT_GIVEN), None))
    _keep(header, "sample rotation (deg)", entries.one(39, "the rotation of the sample"))


def _date(parts: Sequence[float | None]) -> str | None:
    """ISO 8601 with the hours in advance of GMT; a clock that is not set gives the day, an unset day nothing."""
    whole = [int(part) if part is not None and abs(part) < 1e4 else -1 for part in parts]
    try:
        day = datetime.date(whole[0], whole[1], whole[2]).isoformat()
    except ValueError:
        return None
    if whole[0] < 1900:
        return None
    try:
        clock = datetime.time(whole[3], whole[4], whole[5]).isoformat()
    except ValueError:
        return day
    ahead = parts[6] or 0.0
    zone = f"{'-' if ahead < 0 else '+'}{int(abs(ahead)):02d}:{round(abs(ahead) % 1 * 60):02d}"
    return f"{day}T{clock}" + (zone if ahead and abs(ahead) < 24 else "")


def _values(lines: Lines, variables: int) -> Array:
    """The ordinate values, which are announced for all variables together; several may stand in a line."""
    what = "the number of values"
    count = lines.whole(what)
    line = lines.at
    if variables < 1 or count < 0 or count % variables:
        raise lines.wrong(f"{count} values cannot be shared by {variables} variables", expected="a multiple")
    for _ in range(variables):
        lines.number("the least value")
        lines.number("the largest value")
    begin = lines.at
    plain = lines.lines[begin : begin + count]
    try:
        if len(plain) < count:
            raise ValueError
        if any("_" in text for text in plain):
            raise ValueError
        values = np.fromiter(map(float, plain), dtype=np.float64, count=count)
        lines.at = begin + count
    except ValueError:
        values = _spread_values(lines, count, announced_at=line)
    if not np.all(np.isfinite(values)):
        bad = int(np.flatnonzero(~np.isfinite(values))[0])
        raise lines.raw.broken(f"value {bad + 1} of {count} is not finite", line=begin + 1 + bad)
    return values


def _spread_values(lines: Lines, count: int, *, announced_at: int) -> Array:
    """Values with decimal commas, or several in a line."""
    found: list[float] = []
    while len(found) < count:
        if not lines.left:
            raise lines.raw.broken(
                f"{count} values are announced, the file ends after {len(found)}",
                line=announced_at,
                do="copy the file again from its source",
            )
        for cell in lines.text("a value").split():
            try:
                found.append(float(cell.replace(",", ".")))
            except ValueError:
                raise lines.wrong(f"{quoted(cell)} stands among the values", expected="a number") from None
    if len(found) != count:
        raise lines.wrong(f"{count} values are announced, the line holds more")
    return np.array(found)
