"""Decisions a person took on single files: masked points, another circuit, a file set aside, a corrected temperature.

``decisions.toml`` beside study.toml, written by hand or by the application. Every entry says who, when and why::

    [[mask]]
    sample = "LATP-800"
    file = "raw/LATP-800_25C.mpt"        # without it: every spectrum of the sample
    frequencies = ["2 MHz", "7 MHz"]     # this range is left out; or above = "2 MHz", below = "1 Hz", points = [1, 2]
    author = "A. Person"
    date = 2026-03-01
    reason = "cable resonance"

    [[circuit]]      sample, file?, circuit = "R(RQ)(RQ)Q"
    [[exclude]]      file, sample?
    [[temperature]]  sample, file?, value = "25.4 °C"   or   offset = "-1.5 K"
    [[sign]]         sample, file?           the column holds -Z'' under the name of Z'': it is turned
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import attrs
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pelletry.core.errors import CircuitError, Mistake, PelletryError, quoted
from pelletry.core.units import parse_quantity
from pelletry.study.samples import folded
from pelletry.study.toml_file import KeyPath, TomlFile, did_you_mean, mistakes_of_validation, read_toml, unknown_key

__all__ = [
    "DECISIONS",
    "CircuitDecision",
    "Decision",
    "DecisionsSpec",
    "ExcludeDecision",
    "MaskDecision",
    "SignDecision",
    "TemperatureDecision",
    "read_decisions",
]


@attrs.frozen(kw_only=True)
class Decision:
    """What all decisions share. ``file`` None: all spectra of the sample; ``record`` counts from 0, None: all of the file.

    ``where`` is the place in decisions.toml.
    """

    sample: str | None
    file: str | None
    record: int | None
    author: str
    date: str
    reason: str
    where: str


@attrs.frozen(kw_only=True)
class MaskDecision(Decision):
    """Points left out: those with ``low_Hz <= f <= high_Hz`` (None: open end), and ``points``, counted from 0 in file order."""

    low_Hz: float | None = None
    high_Hz: float | None = None
    points: tuple[int, ...] = ()


@attrs.frozen(kw_only=True)
class CircuitDecision(Decision):
    """The circuit a person chose for a sample or a file."""

    circuit: str


@attrs.frozen(kw_only=True)
class ExcludeDecision(Decision):
    """A file or record that is not analysed."""


@attrs.frozen(kw_only=True)
class TemperatureDecision(Decision):
    """The temperature of a file as a person states it, or an offset to add to what the file says."""

    temperature_K: float | None = None
    offset_K: float | None = None


@attrs.frozen(kw_only=True)
class SignDecision(Decision):
    """A file or record whose imaginary part has the wrong sign; it is turned."""


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")
    sample: str | None = Field(default=None, description="name of the sample")
    file: str | None = Field(
        default=None, description="raw file, written as in files.csv; without it all of the sample's"
    )
    record: int | None = Field(default=None, ge=1, description="which spectrum of the file, counted from 1")
    author: str = Field(min_length=1, description="who decided")
    date: datetime.date | str = Field(description="when, YYYY-MM-DD")
    reason: str = Field(min_length=1, description="why")


class _Mask(_Entry):
    frequencies: tuple[str, str] | None = Field(default=None, description="leave out this range, as ['1 Hz', '10 Hz']")
    above: str | None = Field(default=None, description="leave out this frequency and all above")
    below: str | None = Field(default=None, description="leave out this frequency and all below")
    points: tuple[int, ...] = Field(
        default=(), description="leave out these points, counted from 1 as they stand in the file"
    )


class _Circuit(_Entry):
    circuit: str = Field(min_length=1, description="circuit to fit, as R(RQ)Q")


class _Exclude(_Entry):
    pass


class _Temperature(_Entry):
    value: str | None = Field(default=None, description="the temperature, as '25.4 °C'")
    offset: str | None = Field(default=None, description="what to add to the file's temperature, as '-1.5 K'")


class _Sign(_Entry):
    pass


class DecisionsSpec(BaseModel):
    """The whole of decisions.toml; used for its JSON schema."""

    model_config = ConfigDict(extra="forbid")
    mask: list[_Mask] = Field(default_factory=list)
    circuit: list[_Circuit] = Field(default_factory=list)
    exclude: list[_Exclude] = Field(default_factory=list)
    temperature: list[_Temperature] = Field(default_factory=list)
    sign: list[_Sign] = Field(default_factory=list)


@attrs.frozen(kw_only=True)
class _Context:
    file: TomlFile
    samples: dict[str, str]
    files: frozenset[str]
    mistakes: list[Mistake]

    def wrong(self, path: KeyPath, what: str, *, expected: str = "", do: str = "") -> None:
        self.mistakes.append(Mistake(what=what, where=self.file.where(path), expected=expected, do=do))

    def quantity(self, text: str, unit: str, path: KeyPath) -> float | None:
        try:
            return parse_quantity(text, unit=unit, where=self.file.where(path)).value
        except PelletryError as error:
            self.mistakes.extend(error.mistakes)
            return None


def read_decisions(
    path: Path, *, shown: str, samples: Sequence[str], files: Sequence[str], mistakes: list[Mistake]
) -> tuple[Decision, ...]:
    """All decisions, in the order of the file by kind; none when there is no such file."""
    if not path.exists():
        return ()
    file = read_toml(path, shown=shown, mistakes=mistakes)
    if file is None:
        return ()
    context = _Context(
        file=file, samples={folded(name): name for name in samples}, files=frozenset(files), mistakes=mistakes
    )
    found: list[Decision] = []
    for key, entries in file.data.items():
        if key not in DECISIONS:
            mistakes.append(unknown_key(key, DECISIONS, where=file.where((key,))))
        elif not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            context.wrong(
                (key,), f"{key} is not a list of decisions", expected=f"a head [[{key}]] with double brackets"
            )
        else:
            for index, entry in enumerate(entries):
                decision = _decision(context, key, index, entry)
                if decision is not None:
                    found.append(decision)
    return tuple(found)


def _decision(context: _Context, key: str, index: int, entry: dict[str, Any]) -> Decision | None:
    model, build = DECISIONS[key]
    path: KeyPath = (key, index)
    before = len(context.mistakes)
    try:
        checked = model.model_validate(entry)
    except ValidationError as error:
        context.mistakes.extend(mistakes_of_validation(error, file=context.file, model=model, at=path))
        return None
    common = {
        "sample": _sample(context, checked, path),
        "file": _file(context, checked, path),
        "record": None if checked.record is None else checked.record - 1,
        "author": checked.author,
        "date": _date(context, checked.date, path),
        "reason": checked.reason,
        "where": context.file.where(path),
    }
    if checked.sample is None and checked.file is None:
        context.wrong(path, "the decision names neither a sample nor a file", do="add a line sample = … or file = …")
    decision = build(context, checked, path, common)
    return decision if len(context.mistakes) == before else None


def _sample(context: _Context, checked: _Entry, path: KeyPath) -> str | None:
    if checked.sample is None:
        return None
    known = context.samples.get(folded(checked.sample))
    if known is None:
        guess = did_you_mean(folded(checked.sample), context.samples)
        context.wrong((*path, "sample"), f"there is no sample {quoted(checked.sample)}", do=guess)
    return known


def _file(context: _Context, checked: _Entry, path: KeyPath) -> str | None:
    if checked.file is None:
        return None
    name = checked.file.replace("\\", "/").removeprefix("./")
    if name not in context.files:
        guess = did_you_mean(name, context.files)
        context.wrong(
            (*path, "file"),
            f"no sample of the study has the file {quoted(name)}",
            do=guess or "write the path as in files.csv",
        )
    return name


def _date(context: _Context, date: datetime.date | str, path: KeyPath) -> str:
    if isinstance(date, datetime.date):
        return date.isoformat()
    try:
        datetime.date.fromisoformat(date[:10])
    except ValueError:
        context.wrong((*path, "date"), f"{quoted(date)} is not a date", expected="YYYY-MM-DD")
    return date


def _mask(context: _Context, checked: _Mask, path: KeyPath, common: dict[str, Any]) -> Decision:
    given = [key for key in ("frequencies", "above", "below") if getattr(checked, key) is not None]
    if len(given) > 1 or not (given or checked.points):
        context.wrong(
            path,
            "the mask names " + ("no points" if not given else f"both {given[0]} and {given[1]}"),
            expected="one of frequencies, above, below, and points if wanted",
        )
    low = high = None
    if checked.frequencies is not None:
        low, high = (context.quantity(text, "Hz", (*path, "frequencies")) for text in checked.frequencies)
        if low is not None and high is not None and low > high:
            low, high = high, low
    elif checked.above is not None:
        low = context.quantity(checked.above, "Hz", (*path, "above"))
    elif checked.below is not None:
        high = context.quantity(checked.below, "Hz", (*path, "below"))
    if any(point < 1 for point in checked.points):
        context.wrong((*path, "points"), "points are counted from 1")
    if checked.points and checked.file is None:
        context.wrong((*path, "points"), "single points are masked without a file", do="add a line file = …")
    return MaskDecision(low_Hz=low, high_Hz=high, points=tuple(point - 1 for point in checked.points), **common)


def _circuit(context: _Context, checked: _Circuit, path: KeyPath, common: dict[str, Any]) -> Decision:
    from pelletry.techniques.impedance.model.circuit import parse_circuit

    try:
        parse_circuit(checked.circuit)
    except CircuitError as error:
        place = context.file.where((*path, "circuit"))
        context.mistakes.extend(attrs.evolve(mistake, where=place) for mistake in error.mistakes)
    return CircuitDecision(circuit=checked.circuit, **common)


def _exclude(context: _Context, checked: _Exclude, path: KeyPath, common: dict[str, Any]) -> Decision:
    if checked.file is None:
        context.wrong(path, "the decision excludes no file", do="add a line file = …, or delete the sample's row")
    return ExcludeDecision(**common)


def _temperature(context: _Context, checked: _Temperature, path: KeyPath, common: dict[str, Any]) -> Decision:
    if (checked.value is None) == (checked.offset is None):
        context.wrong(path, "a temperature decision needs either value or offset")
    if checked.value is not None and checked.file is None:
        context.wrong(
            (*path, "value"), "one temperature is stated for all files of the sample", do="add a line file = …"
        )
    value = None if checked.value is None else context.quantity(checked.value, "K", (*path, "value"))
    if value is not None and not 0 < value < 4000:
        context.wrong((*path, "value"), f"{value:.6g} K is not a temperature of a pellet")
    offset = None if checked.offset is None else _offset(context, checked.offset, path)
    return TemperatureDecision(temperature_K=value, offset_K=offset, **common)


def _offset(context: _Context, text: str, path: KeyPath) -> float | None:
    """A difference: ``1.5 °C`` is 1.5 K here."""
    return context.quantity(text.replace("°C", "K").replace("degC", "K"), "K", (*path, "offset"))


def _sign(context: _Context, checked: _Sign, path: KeyPath, common: dict[str, Any]) -> Decision:
    return SignDecision(**common)


_Build = Callable[[_Context, Any, KeyPath, dict[str, Any]], Decision]

#: Kind of decision -> its model and how it is made.
DECISIONS: dict[str, tuple[type[_Entry], _Build]] = {
    "mask": (_Mask, _mask),
    "circuit": (_Circuit, _circuit),
    "exclude": (_Exclude, _exclude),
    "temperature": (_Temperature, _temperature),
    "sign": (_Sign, _sign),
}
