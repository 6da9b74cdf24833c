"""A tiny technique and a tiny study, so that the running of studies is tested without the physics of any technique."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import attrs
import numpy as np
import pydantic
import pytest

from pelletry.core.arrays import Array, array_field
from pelletry.core.errors import BrokenFileError, MeasurementError, MissingFactError, UnknownFormatError
from pelletry.core.facts import PelletGeometry, RelativeDensity
from pelletry.core.finding import Finding
from pelletry.core.provenance import Lineage, Origin
from pelletry.core.quantity import Estimate, Reported
from pelletry.core.record import Column, Record
from pelletry.core.sample import Pellet, Sample
from pelletry.core.technique import Presentation, Technique
from pelletry.study.files import StudyFile
from pelletry.study.run import run_study
from pelletry.study.spec import Study


@attrs.frozen(kw_only=True)
class Weights:
    origin: Origin
    temperature_K: float | None
    values: Array = array_field()


@attrs.frozen(kw_only=True)
class MeanResult:
    sample: str
    quantities: tuple = ()
    findings: tuple = ()
    facts: tuple = ()
    lineage: Lineage = Lineage()
    values: Array | None = array_field(default=None)


class MeanSettings(pydantic.BaseModel, extra="forbid"):
    factor: float = 1.0


class SizeSettings(pydantic.BaseModel, extra="forbid"):
    pass


def read_lines(path: Path) -> tuple[Record, ...]:
    """One number a line; the first line names the technique. The study's smallest file format."""
    content = path.read_bytes()
    lines = content.decode("latin-1").split("\n")
    if not lines[0].startswith("#"):
        raise UnknownFormatError("no reader knows this file", where=path.name)
    if "broken" in content.decode("latin-1"):
        raise BrokenFileError("ends in the middle", where=path.name, line=2)
    values = np.array([float(line) for line in lines[1:] if line])
    origin = Origin(path=path.name, sha256=hashlib.sha256(content).hexdigest(), format="lines")
    return (
        Record(
            name=path.stem, technique=lines[0][1:], columns=(Column(name="w", unit="g", values=values),), origin=origin
        ),
    )


def read_weights(records: Sequence[Record], /) -> list[Weights]:
    made = []
    for record in records:
        if record.values("w").min() < 0:
            raise MeasurementError("a weight below zero", where=record.origin.path)
        hint = next((h.value for h in record.hints if h.name == "temperature"), None)
        made.append(Weights(origin=record.origin, temperature_K=hint, values=record.values("w")))
    return made


def analyse_weights(measurements, inputs, /) -> MeanResult:
    geometry = inputs.fact(PelletGeometry)
    if geometry is None:
        raise MissingFactError("the thickness was not given", do="write it into samples.csv")
    if inputs.sample.notes == "bug":
        raise ZeroDivisionError("a fault")
    masked = {point for mask in inputs.decisions.get("mask", ()) for point in mask["points"]}
    kept = [np.delete(m.values, [i for i in masked if i < len(m.values)]) for m in measurements]
    values = np.concatenate(kept) * inputs.settings.factor
    value = float(values.mean()) / geometry.thickness_m.value
    name = inputs.sample.name
    estimate = Estimate(value=value, std=0.1 * value, unit="S/m", method="mean")
    return MeanResult(
        sample=name,
        quantities=(Reported(sample=name, technique="mean", name="conductivity_total_25C", quantity=estimate),),
        findings=(Finding(code="n", severity="info", sentence=f"{len(values)} values", samples=(name,)),),
        lineage=Lineage(origins=tuple(m.origin for m in measurements), settings=(("circuit", "R"),), technique="mean"),
        values=values,
    )


def analyse_size(_, inputs, /) -> MeanResult:
    name = inputs.sample.name
    thickness = inputs.sample.pellet.thickness_m
    if thickness is None:
        return MeanResult(sample=name)
    geometry = PelletGeometry(
        sample=name,
        given_by="size",
        thickness_m=thickness,
        electrode_area_m2=Estimate(value=1.0, unit="m2", method="one"),
    )
    return MeanResult(sample=name, facts=(geometry,))


MEAN = Technique(
    name="mean",
    title="Mean weight",
    record_techniques=("weights",),
    needs=frozenset({PelletGeometry}),
    gives=frozenset(),
    settings=MeanSettings,
    result=MeanResult,
    read=read_weights,
    analyse=analyse_weights,
    present=lambda _: Presentation(),
)
SIZE = Technique(
    name="size",
    title="Size",
    record_techniques=(),
    needs=frozenset(),
    wants=frozenset(),
    gives=frozenset({PelletGeometry, RelativeDensity}),
    settings=SizeSettings,
    result=MeanResult,
    read=lambda _: [],
    analyse=analyse_size,
    present=lambda _: Presentation(),
)
CARDS = (MEAN, SIZE)


@attrs.define
class TinyStudy:
    """Two pellets with two files each; ``run`` and ``log`` do what their names say."""

    folder: Path
    thickness: dict = attrs.field(factory=lambda: {"A": 2.0, "B": 4.0})
    factor: float = 1.0
    notes: dict = attrs.field(factory=dict)
    extra_files: list = attrs.field(factory=list)
    set_aside: list = attrs.field(factory=list)
    decisions: list = attrs.field(factory=list)

    def write(self) -> TinyStudy:
        for name, line in {"a1": "1\n3", "a2": "5", "b1": "2", "b2": "4"}.items():
            (self.folder / f"{name}.txt").write_text(f"#weights\n{line}\n")
        return self

    @property
    def study(self) -> Study:
        files = [("a1.txt", "A"), ("a2.txt", "A"), ("b1.txt", "B"), ("b2.txt", "B"), *self.extra_files]
        return Study(
            folder=self.folder,
            title="tiny",
            samples=tuple(
                Sample(
                    name=name,
                    notes=self.notes.get(name, ""),
                    pellet=Pellet(
                        thickness_m=None if t is None else Estimate(value=t, std=0.1, unit="m", method="as stated")
                    ),
                )
                for name, t in self.thickness.items()
            ),
            files=tuple(StudyFile(path=path, sample=sample, is_confirmed=False) for path, sample in files),
            set_aside=tuple(StudyFile(path=path, sample="", is_confirmed=False) for path in self.set_aside),
            settings={"mean": MeanSettings(factor=self.factor), "size": SizeSettings()},
            decisions=tuple(self.decisions),
        )

    cards = CARDS

    def run(self, **options):
        return run_study(self.study, **{"cards": CARDS, "read": read_lines, **options})

    read = staticmethod(read_lines)

    def log(self) -> list[dict]:
        return [json.loads(line) for line in (self.folder / ".pelletry" / "run.log").read_text().splitlines()]

    def computed(self) -> list[str]:
        return [f"{e['sample']} {e['technique']}" for e in self.log() if e["state"] == "computed"]

    def why(self) -> dict[str, str]:
        return {f"{e['sample']} {e['technique']}": e["why"] for e in self.log() if e["state"] == "computed"}


@pytest.fixture
def tiny(tmp_path) -> TinyStudy:
    return TinyStudy(folder=tmp_path).write()
