"""Printed values of a paper or of an earlier report, to be held against each other and against what the study finds.

``claims.toml`` beside study.toml, one entry a printed number, as it was printed::

    source = "Raj 2023, table 1"         # of every entry that names no source of its own

    [[claim]]
    sample = "LATP"
    quantity = "lattice_volume"          # a name of docs/reference/study-files.md
    value = "1298.405(3) Å3"
    temperature = "25 °C"                # conditions, each optional: temperature, phase, line, assignment, reference,
                                         # current_density, cycle, convention, formula, electrons

Nothing of it goes into a computation: a claim changes no number of the study.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pelletry.core.errors import Mistake, PelletryError, quoted
from pelletry.core.quantity import Estimate
from pelletry.core.units import parse_quantity
from pelletry.reference.elements import elements_of
from pelletry.study.claim_names import MAY_BE_NEGATIVE, known_names, unit_of_claim
from pelletry.study.result import Claim
from pelletry.study.samples import folded
from pelletry.study.toml_file import KeyPath, TomlFile, did_you_mean, mistakes_of_validation, read_toml, unknown_key

__all__ = ["ClaimsSpec", "read_claims"]

#: Scales of energies that a paper may give: the line of the charge reference and where it was put.
_REFERENCE = re.compile(r"([A-Z][a-z]? ?\d[spdf](?:\d/\d)?)\s*(?:at|=)?\s*(\S+ ?eV)")
_LEVEL = re.compile(r"([A-Z][a-z]?) ?(\d[spdf])(?:\d/\d)?")
CONVENTIONS = ("ln(sigma T)", "ln(sigma)")


class _Claim(BaseModel):
    model_config = ConfigDict(extra="forbid")
    sample: str = Field(min_length=1, description="name of a sample of the study")
    quantity: str = Field(min_length=1, description="name of the quantity, as lattice_volume")
    value: str = Field(min_length=1, description="the value as printed, with unit and uncertainty: '1298.405(3) Å3'")
    source: str = Field(default="", description="where it is printed; without it the file's source")
    temperature: str | None = Field(default=None, description="temperature of the value, as '25 °C'")
    phase: str | None = Field(default=None, description="phase it belongs to, as found by diffraction")
    formula: str | None = Field(default=None, description="formula behind a theoretical density or a capacity")
    electrons: float | None = Field(default=None, gt=0, le=20, description="electrons that one formula takes up")
    cycle: int | None = Field(default=None, ge=1, description="which cycle")
    current_density: str | None = Field(default=None, description="current per electrode area, as '40 uA/cm2'")
    convention: str | None = Field(default=None, description="of an activation energy: ln(sigma T) or ln(sigma)")
    line: str | None = Field(default=None, description="photoelectron line, as 'P 2p'")
    assignment: str | None = Field(default=None, description="what the line is said to be, as 'Li3P'")
    reference: str | None = Field(default=None, description="charge reference of binding energies, as 'C 1s 285.0 eV'")


class ClaimsSpec(BaseModel):
    """The whole of claims.toml; used for its JSON schema."""

    model_config = ConfigDict(extra="forbid")
    source: str = Field(default="", description="where all values are printed whose entry has no source")
    claim: list[_Claim] = Field(default_factory=list)


def read_claims(path: Path, *, shown: str, samples: Sequence[str], mistakes: list[Mistake]) -> tuple[Claim, ...]:
    """All claims in the order of the file; none when there is no such file. Mistakes are added to ``mistakes``."""
    if not path.exists():
        return ()
    file = read_toml(path, shown=shown, mistakes=mistakes)
    if file is None:
        return ()
    mistakes.extend(
        unknown_key(key, ClaimsSpec.model_fields, where=file.where((key,)))
        for key in file.data
        if key not in ClaimsSpec.model_fields
    )
    entries, source = file.data.get("claim", []), file.data.get("source", "")
    if not isinstance(source, str):
        mistakes.append(Mistake(what="the source is not a text", where=file.where(("source",))))
        source = ""
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        mistakes.append(
            Mistake(
                what="claim is not a list",
                where=file.where(("claim",)),
                expected="a head [[claim]] with double brackets",
            )
        )
        return ()
    reading = _Reading(file, samples, source, mistakes)
    found = [claim for n, entry in enumerate(entries) if (claim := reading.claim(entry, ("claim", n))) is not None]
    return tuple(found)


class _Reading:
    """Entry by entry; every mistake is noted with its line, and a claim with a mistake is left out."""

    def __init__(self, file: TomlFile, samples: Sequence[str], source: str, mistakes: list[Mistake]) -> None:
        self.file, self.source, self.mistakes = file, source, mistakes
        self.samples = {folded(name): name for name in samples}
        self.seen: dict[tuple[Any, ...], str] = {}

    def wrong(self, path: KeyPath, what: str, *, expected: str = "", do: str = "") -> None:
        self.mistakes.append(Mistake(what=what, where=self.file.where(path), expected=expected, do=do))

    def claim(self, entry: dict[str, Any], path: KeyPath) -> Claim | None:
        before = len(self.mistakes)
        try:
            given = _Claim.model_validate(entry)
        except ValidationError as error:
            self.mistakes.extend(mistakes_of_validation(error, file=self.file, model=_Claim, at=path))
            return None
        sample = self._sample(given, path)
        value = self._value(given, path)
        conditions = self._conditions(given, path)
        source = given.source or self.source
        if not source:
            self.wrong(path, "the claim has no source", do="add a line source = …, or one above the first [[claim]]")
        self._only_once(sample, given, conditions, source, path)
        if len(self.mistakes) > before or value is None:
            return None
        return Claim(
            sample=sample,
            quantity=given.quantity,
            value=value,
            text=given.value.strip(),
            rounding=_rounding(given.value, value.unit),
            conditions=conditions,
            source=source,
            where=self.file.where(path),
        )

    def _sample(self, given: _Claim, path: KeyPath) -> str:
        known = self.samples.get(folded(given.sample))
        if known is None:
            guess = did_you_mean(folded(given.sample), self.samples)
            self.wrong((*path, "sample"), f"there is no sample {quoted(given.sample)}", do=guess)
        return known or given.sample

    def _value(self, given: _Claim, path: KeyPath) -> Estimate | None:
        unit = unit_of_claim(given.quantity)
        if unit is None:
            guess = did_you_mean(given.quantity, known_names())
            do = guess or "see docs/reference/study-files.md for the names"
            self.wrong((*path, "quantity"), f"{quoted(given.quantity)} is no quantity that can be claimed", do=do)
            return None
        value = self._quantity(given.value, unit, (*path, "value"))
        if value is not None and value.value <= 0 and given.quantity not in MAY_BE_NEGATIVE:
            self.wrong((*path, "value"), f"{quoted(given.value)} is not above zero")
        return value

    def _quantity(self, text: str, unit: str, path: KeyPath) -> Estimate | None:
        try:
            return parse_quantity(_plain(text), unit=unit, where=self.file.where(path), method="as printed")
        except PelletryError as error:
            self.mistakes.extend(error.mistakes)
            return None

    def _conditions(self, given: _Claim, path: KeyPath) -> tuple[tuple[str, float | str], ...]:
        found: list[tuple[str, float | str]] = []
        for key, name, unit in (
            ("temperature", "temperature_K", "K"),
            ("current_density", "current_density_A_per_m2", "A/m2"),
        ):
            text = getattr(given, key)
            value = None if text is None else self._quantity(text, unit, (*path, key))
            if value is not None:
                found.append((name, value.value))
        found.extend((key, text) for key in ("phase", "assignment") if (text := getattr(given, key)))
        if given.cycle is not None:
            found.append(("cycle", float(given.cycle)))
        if given.electrons is not None:
            found.append(("electrons", given.electrons))
        found.extend(self._spelled(given, path))
        return tuple(found)

    def _spelled(self, given: _Claim, path: KeyPath) -> list[tuple[str, float | str]]:
        """Conditions that are words with a spelling of their own."""
        found: list[tuple[str, float | str]] = []
        if given.convention is not None:
            if given.convention not in CONVENTIONS:
                self.wrong(
                    (*path, "convention"),
                    f"{quoted(given.convention)} is no convention",
                    expected=" or ".join(CONVENTIONS),
                )
            found.append(("convention", given.convention))
        if given.formula is not None:
            try:
                elements_of(given.formula)
            except PelletryError as error:
                self.wrong((*path, "formula"), error.mistakes[0].what)
            found.append(("formula", given.formula))
        if given.line is not None:
            level = _LEVEL.fullmatch(given.line.strip())
            if level is None:
                self.wrong((*path, "line"), f"{quoted(given.line)} is no line", expected="element and level, as 'P 2p'")
            else:
                found.append(("region", f"{level[1]} {level[2]}"))
        if given.reference is not None:
            parts = _REFERENCE.fullmatch(given.reference.strip())
            energy = None if parts is None else self._quantity(parts[2], "eV", (*path, "reference"))
            if parts is None:
                what = f"{quoted(given.reference)} is no charge reference"
                self.wrong((*path, "reference"), what, expected="a line and its energy, as 'C 1s 285.0 eV'")
            elif energy is not None:
                found += [("reference_line", parts[1]), ("reference_eV", energy.value)]
        return found

    def _only_once(
        self, sample: str, given: _Claim, conditions: tuple[tuple[str, float | str], ...], source: str, path: KeyPath
    ) -> None:
        key = (sample, given.quantity, conditions, source)
        if key in self.seen:
            self.wrong(path, f"{given.quantity} of {sample} is claimed twice, first at {self.seen[key]}")
        self.seen.setdefault(key, self.file.where(path))


def _plain(text: str) -> str:
    """Spellings of papers that the parser of units does not know: ``wt%``, ``at%``, ``1/K``."""
    text = re.sub(r"\b(?:wt|vol|at|mol)\.?[ -]?%", "%", text)
    return re.sub(r"\s+1/([A-Za-z]+)\s*$", r" \1-1", text)


def _rounding(text: str, unit: str) -> float:
    """Half a step of the last printed digit, in the house unit: 0.005 g/cm3 for ``2.94 g/cm3``."""
    plain = _plain(text).strip()
    number = re.match(r"[+-]?(\d*)(?:\.(\d*))?(?:\(\d+(?:\.\d+)?\))?(?:[eE]([+-]?\d+))?", plain)
    if number is None:
        return 0.0
    exponent = int(number[3] or 0) - len(number[2] or "")
    rest = re.sub(r"^\s*(?:±|\+/-|\+-)\s*\S+", "", plain[number.end() :])
    step, zero = (parse_quantity(f"{size} {rest}", unit=unit).value for size in (f"0.5e{exponent}", "0"))
    return abs(step - zero)
