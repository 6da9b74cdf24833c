"""VAMAS surface analysis files (ISO 14976, ``.vms``, ``.npl``): every block a record, with CasaXPS' fit where there is one.

Versions seen: ``VAMAS Surface Chemical Analysis Standard Data Transfer Format 1988 May 4`` as written by Kratos (with empty lines
before the first), SPECS, CasaXPS 2.3.22 to 2.3.27 and SurfaceSpectra; ``.npl`` files are the same format. Omicron's old files and the
run-on files of 1988 ("continuous" lines) were not at hand; whatever does not follow the standard is refused with its line.

Schema: of a REGULAR block the abscissa (``Kinetic energy`` eV: start + i x increment), of an IRREGULAR one its first variable; then,
for kinetic energies, ``Binding Energy`` eV; then the other variables by their labels (``Intensity``, ``counts``, ``Transmission``), which stand
interleaved in the file: the announced number of values counts all of them together. Header keys as in ``xps.py``. Values are sums of
counts over the sweeps (the standard's words); a block that calls itself ``Counts per Second`` is taken by its word.

Uncertainties: none in the file. Counts follow Poisson's law only where they are whole numbers: header ``whole counts`` says yes or no.

Header kept: institution, instrument, operator, experiment, ``comment`` (of the file) and ``block comment``; species, experimental variables, angles,
additional numerical parameters by their labels; ``casaxps``: the JSON text of ``casaxps.py``. Values of 1E+37 mean "not given" and are left out;
so are tilt and rotation angles that are not given. A work function of 0 is kept as the file states it.

Notes on structure: one value a line, the last ``end of experiment``, which may be missing; several experiments may stand one behind the other; the order of the entries is that of the standard (``_BLOCK`` below); which are there depends on the
experiment mode and the technique. With an inclusion or exclusion list the blocks after the first repeat only some entries and
take the others from the first. Counts are checked against the lines that are left before anything is allocated. Scan mode
MAPPING (images without an abscissa) is refused.

Knowledge from: the real files of ``xps_vamas`` and the published description (Dench, Hazell, Seah, Surf. Interface Anal. 13 (1988) 63).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pelletry.core.errors import quoted
from pelletry.core.record import Column, Record
from pelletry.formats.casaxps import casaxps_of_comment, is_casaxps_comment
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format
from pelletry.formats.vamas_layout import Block, Experiment, Lines, read_block, read_experiment
from pelletry.formats.xps import Spectrum, record_of_spectrum

__all__ = ["FORMAT"]

NAME = "vamas"
_FIRST = re.compile(r"\s*VAMAS Surface Chemical Analysis Standard Data Transfer Format", re.IGNORECASE)
_PER_SECOND = re.compile(r"counts? ?(?:/|per) ?s|\bcps\b", re.IGNORECASE)
_ENERGY = re.compile(r"energy", re.IGNORECASE)


def can_read(raw: RawFile) -> bool:
    """The first line that is not empty names the format."""
    return _FIRST.match(raw.head_text[:2000]) is not None


def read(raw: RawFile) -> Sequence[Record]:
    """One record a block.

    Raises
    ------
    BrokenFileError
        When an entry is missing or is not what the standard has in its place; names the line.
    RefusedFileError
        When the file holds maps without an abscissa.
    """
    lines = Lines(raw=raw, lines=raw.text().lines)
    records: list[Record] = []
    while not records or _goes_on(lines):
        records.extend(_experiment(raw, lines, begun=len(records)))
    return records


def _goes_on(lines: Lines) -> bool:
    """Whether another experiment follows: files are put one behind the other."""
    while lines.left and lines.lines[lines.at].strip().lower() in ("", "end of experiment"):
        lines.at += 1
    return bool(lines.left) and _FIRST.match(lines.lines[lines.at]) is not None


def _experiment(raw: RawFile, lines: Lines, *, begun: int) -> list[Record]:
    experiment = read_experiment(lines)
    if experiment.scan_mode not in ("REGULAR", "IRREGULAR"):
        raise raw.refused(
            f"the scan mode is {quoted(experiment.scan_mode)}: images without an abscissa are not read",
            line=lines.at,
            expected="REGULAR or IRREGULAR",
        )
    blocks: list[Block] = []
    for _ in range(experiment.blocks):
        blocks.append(read_block(lines, experiment, first=blocks[0] if blocks else None))
    if not blocks:
        raise raw.broken("the experiment holds no block", line=lines.at, expected="one or more")
    return [_record(raw, experiment, block, begun + index) for index, block in enumerate(blocks)]


def _columns(raw: RawFile, experiment: Experiment, block: Block) -> list[Column]:
    """The abscissa and the variables of a block."""
    count = len(block.variables)
    columns = [
        Column(name=label or f"variable {i + 1}", unit="" if unit == "d" else unit, values=block.values[i::count])
        for i, (label, unit) in enumerate(block.variables)
    ]
    if experiment.scan_mode == "REGULAR":
        points = len(block.values) // count
        with np.errstate(over="ignore", invalid="ignore"):  # energies beyond all floats are refused further on
            values = block.start + block.increment * np.arange(points)
        return [Column(name=block.abscissa or "abscissa", unit=block.abscissa_unit, values=values), *columns]
    if count < 2:
        raise raw.broken(
            "an irregular block has one variable and no abscissa", line=block.line, expected="two or more variables"
        )
    first = next((i for i, column in enumerate(columns) if _ENERGY.search(column.name)), 0)
    return [columns[first], *columns[:first], *columns[first + 1 :]]


def _scale(name: str) -> str:
    lowered = name.lower()
    return "kinetic" if "kinetic" in lowered else "binding" if "binding" in lowered else ""


def _facts(block: Block, *, is_electron_energy: bool) -> dict[str, float | str | None]:
    given = block.given
    is_ratio = str(given.get("analyser mode", "")).upper() == "FRR"
    return {
        "region": block.name,
        "sample": block.sample,
        "technique": block.technique,
        "source": given.get("source"),
        "source energy (eV)": given.get("source energy"),
        "source power (W)": given.get("source strength") if is_electron_energy else None,
        "analyser mode": given.get("analyser mode"),
        "retard ratio" if is_ratio else "pass energy (eV)": given.get("pass energy"),
        "work function (eV)": given.get("work function"),
        "dwell (s)": given.get("collection time"),
        "sweeps": given.get("scans"),
        "signal mode": given.get("signal mode"),
        "species": given.get("species"),
        "transition": given.get("transition"),
    }


def _casaxps(block: Block) -> tuple[dict[str, str], tuple[str, ...]]:
    if not is_casaxps_comment(block.comment):
        return {}, ()
    source = block.given.get("source energy")
    info, warnings = casaxps_of_comment(block.comment, source_eV=source if isinstance(source, float) else None)
    if not any(info[key] for key in ("calibrations", "regions", "components", "other")):
        return {}, warnings
    return {"casaxps": json.dumps(info, ensure_ascii=False, allow_nan=False)}, warnings


def _header(experiment: Experiment, block: Block) -> dict[str, str]:
    header = {key: text for key, text in experiment.header.items() if text}
    return header | {key: text for key, text in block.header.items() if text} | _joined("block comment", block.comment)


def _joined(key: str, lines: Sequence[str]) -> dict[str, str]:
    text = "\n".join(lines).strip()
    return {key: text} if text else {}


def _whole(values: Any) -> Mapping[str, str]:
    is_whole = bool(values.size) and bool(np.all(values == np.rint(values))) and bool(np.all(values >= 0))
    return {"whole counts": "yes" if is_whole else "no"}


def _record(raw: RawFile, experiment: Experiment, block: Block, index: int) -> Record:
    energy, intensity, *others = _columns(raw, experiment, block)
    scale = _scale(energy.name)
    header, warnings = _casaxps(block)
    per_second = _PER_SECOND.search(block.name) or _PER_SECOND.search(intensity.name)
    is_counting = "count" in str(block.given.get("signal mode", "")).lower()
    unit = "counts/s" if per_second else "counts" if is_counting else ""
    is_xps = block.technique.strip().upper() in ("XPS", "ESCA")
    spectrum = Spectrum(
        name=", ".join(part for part in (block.name, block.sample) if part) or f"block {index + 1}",
        energy=energy,
        intensity=intensity,
        others=tuple(others),
        scale=scale,
        intensity_unit=unit,
        facts=_facts(block, is_electron_energy=is_xps),
        header={**_header(experiment, block), **header, **_whole(intensity.values)},
        warnings=warnings,
        technique="xps" if is_xps else "",
    )
    return record_of_spectrum(raw, NAME, spectrum, index=index, acquired_at=block.acquired_at, line=block.line)


FORMAT = Format(name=NAME, title="VAMAS spectra (ISO 14976)", extensions=(".vms", ".npl"), can_read=can_read, read=read)
