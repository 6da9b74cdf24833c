"""NETZSCH Proteus binary files (``.ngb-ss3``, ``.ngb-bs3``, ``.ngb-ds3``, ``.ngb-dla``, ``.ngb-cla``) of STA and DIL instruments.

Read by the library pyngb (extra ``pelletry[netzsch]``); without it the file is recognised and refused with the way to get it.

Formats seen
    STA 449 F3 (2023, 2025; sample runs) and DIL 402 Expedis Select (2026; sample with its correction, and a correction), Proteus 8.0.
Schema
    One record a run. ``time`` s, ``sample_temperature`` °C, ``furnace_temperature`` °C, ``mass`` mg, ``dsc_signal`` µV, ``length_change``
    µm, ``force`` N, gas flows, powers. Names are those of pyngb; a column it cannot name keeps its number (``82``) and has no unit.
    The balance is set to zero at the start: ``mass`` is the change of mass (``mass given as`` says so), the sample's mass is in the header.
    A file "sample + correction" gives two records: the sample run as measured, and the correction run it embeds. Nothing is
    subtracted from anything here: the correction is a step of the analysis and must show in it.
Uncertainties
    None in the file.
Header
    The texts and numbers of pyngb's metadata (programs and calibrations with many entries are left out, their names listed under
    ``left out``). Besides: ``run`` (``sample`` or ``correction``), ``initial mass [mg]``, ``initial length [mm]``, ``correction file`` (the
    path that the measurement names), ``expansion standard`` (the material whose expansion a corrected DIL curve has to regain).
File structure
    A zip archive with ``Streams/stream_1.table`` and more; the inner layout is pyngb's business.
Refused
    Damaged archives, archives out of bounds, files that pyngb refuses.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pelletry.core.errors import quoted
from pelletry.core.record import Record
from pelletry.formats.archive import is_zip, members, opened_zip
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format
from pelletry.formats.thermal_columns import ThermalRun, record_of, sample_hint

__all__ = ["FORMAT"]

NAME = "netzsch-binary"
_FACTS = (
    ("sample_mass", "initial mass [mg]"),
    ("sample_length", "initial length [mm]"),
    ("correction_file_path", "correction file"),
)


def can_read(raw: RawFile) -> bool:
    """Whether the archive holds NETZSCH's streams."""
    return is_zip(raw) and any(re.match(r"Streams/stream_\d", name) for name in members(raw))


def _library(raw: RawFile) -> Any:
    try:
        import pyngb
    except ImportError:
        raise raw.refused(
            "NETZSCH binary files are read by the library pyngb, which is not installed",
            do="install it with: pip install 'pelletry[netzsch]'; or export the run as text from Proteus",
        ) from None
    return pyngb


def _loaded(raw: RawFile, run: str) -> tuple[Mapping[str, Any], Any]:
    pyngb = _library(raw)
    try:
        metadata, table = pyngb.read_ngb(raw.path, return_metadata=True, run=run)
    except Exception as error:  # on damaged files the library lets errors of zip, struct, pyarrow and its own through
        raise raw.broken(
            f"the NETZSCH file is damaged ({type(error).__name__}: {quoted(error, longest=150)})",
            do="copy the file again from the instrument's computer",
        ) from None
    return metadata, table


def _header(metadata: Mapping[str, Any]) -> dict[str, str]:
    header: dict[str, str] = {}
    left_out = []
    for key, value in metadata.items():
        if isinstance(value, str | int | float):
            header[key] = " ".join(str(value).split())
        elif key != "file_hash":
            left_out.append(key)
    if left_out:
        header["left out"] = ", ".join(left_out)
    for key, fact in _FACTS:
        if key in header:
            header[fact] = header[key]
    standard = metadata.get("expansion_standard")
    if isinstance(standard, Mapping) and standard.get("name"):
        header["expansion standard"] = str(standard["name"])
    return header


def _unit(table: Any, name: str) -> str:
    stored = (table.schema.field(name).metadata or {}).get(b"units", b"")
    unit = stored.decode("utf-8", errors="replace")
    return "" if unit == "unknown" else unit


def _run(raw: RawFile, metadata: Mapping[str, Any], table: Any, kind: str) -> ThermalRun:
    heads, columns, notes = [], [], []
    for name in table.column_names:
        try:
            column = np.asarray(table.column(name).to_numpy(), dtype=np.float64)
        except (TypeError, ValueError):
            notes.append(f"column {quoted(name, longest=30)} holds no numbers and was left out")
            continue
        heads.append((name, _unit(table, name)))
        columns.append(column)
    header = {**_header(metadata), "run": kind}
    if any(name == "mass" for name, _ in heads):
        header["mass given as"] = "mass change"
    sample = header.get("sample_name", "")
    is_embedded = kind == "correction" and metadata.get("measurement_type") != kind
    if kind == "correction":
        # The metadata describe the sample: a correction is measured without one.
        for key in ("initial mass [mg]", "initial length [mm]"):
            header.pop(key, None)
        notes.append("a correction run: the instrument's own drift, not a sample")
    return ThermalRun(
        name=f"{sample or raw.path.name}{', correction run' if kind == 'correction' else ''}",
        heads=tuple(heads),
        values=np.column_stack(columns) if columns else np.empty((0, 0)),
        header=header,
        acquired_at=None if is_embedded else header.get("date_performed"),
        warnings=tuple(notes),
        hints=sample_hint(sample, "sample_name") if kind == "sample" else (),
    )


def read(raw: RawFile) -> Sequence[Record]:
    """The records of a NETZSCH binary file: the run, and the correction run that it may embed.

    Raises
    ------
    RefusedFileError
        When pyngb is not installed.
    BrokenFileError
        When the archive is damaged.
    """
    if raw.packing:
        raise raw.refused(f"NETZSCH binary files are not read through {raw.packing}", do="unpack the file and name it")
    opened_zip(raw)
    metadata, table = _loaded(raw, "sample")
    kind = str(metadata.get("measurement_type", ""))
    runs = [_run(raw, metadata, table, "correction" if kind == "correction" else "sample")]
    if kind == "sample_correction":
        runs.append(_run(raw, metadata, _loaded(raw, "correction")[1], "correction"))
    return [record_of(raw, NAME, run, index=i) for i, run in enumerate(runs)]


FORMAT = Format(
    name=NAME,
    title="NETZSCH binary (.ngb)",
    extensions=(".ngb-ss3", ".ngb-bs3", ".ngb-ds3", ".ngb-dla", ".ngb-cla"),
    can_read=can_read,
    read=read,
)
