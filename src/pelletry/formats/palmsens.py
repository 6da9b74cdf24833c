"""PalmSens sessions (.pssession) of PSTrace: every measurement's impedance data. PSTrace csv exports are plain tables.

Seen: descriptions of PSTrace 5 sessions only; no public session with its licence clear was found, so the reader follows the
structure named below and is tested with hand-made sessions.

Structure: JSON in UTF-16 LE with or without mark, followed by one more mark character. ``Measurements`` is a list; each has ``Title``,
``TimeStamp``, ``Method`` (text of ``KEY=value`` lines) and ``EISDataList``; each of its members has ``DataSet.Values``, a list of columns
with ``Unit`` (``Q`` quantity such as ``Frequency``, ``Z'``, ``-Z''``, ``Z``, ``-Phase``; ``S`` unit symbol) and ``DataValues``, a list of ``{"V": number}``.
Keys occur in capitals and in small letters.

Schema: one record a member of ``EISDataList``; names are the quantities, units the symbols of the file. The columns may carry a scale
(kOhm): it is in the unit.

Uncertainties: none. ``TimeStamp`` counts 100 ns since year 1: given as ISO date.

Measurements without impedance data (voltammetry) are named in a warning of the first record and not read by this version.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from pelletry.core.record import Column, Record
from pelletry.formats.columns import has_impedance, role_of_column
from pelletry.formats.hints import hints_from_name
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format

__all__ = ["FORMAT"]

NAME = "palmsens-session"
_LIMIT_BYTES = 128 * 1024 * 1024


def can_read(raw: RawFile) -> bool:
    """JSON whose first key is the type of a PalmSens session, or that lists measurements with PalmSens type names."""
    head = raw.head_text[:4000]
    return (
        head.lstrip().startswith("{")
        and re.search(r'"PalmSens\.|"methodformeasurement"', head, re.IGNORECASE) is not None
    )


def _get(thing: Any, key: str) -> Any:
    if not isinstance(thing, Mapping):
        return None
    return next((value for name, value in thing.items() if name.lower() == key), None)


def _list(thing: Any, key: str) -> list[Any]:
    found = _get(thing, key)
    return found if isinstance(found, list) else []


def read(raw: RawFile) -> Sequence[Record]:
    """The impedance spectra of a session.

    Raises
    ------
    BrokenFileError
        When the JSON is cut short or columns differ in length.
    RefusedFileError
        When the session holds no impedance data.
    """
    text = raw.text(limit_bytes=_LIMIT_BYTES, has_lines=False).text.strip().strip("\ufeff\0").strip()
    try:
        session, _ = json.JSONDecoder().raw_decode(text)
    except (json.JSONDecodeError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else None
        raise raw.broken("the session is cut short or is no JSON", line=line, do="copy the file again") from None
    records: list[Record] = []
    others: list[str] = []
    for measurement in _list(session, "measurements"):
        spectra = _list(measurement, "eisdatalist")
        if not spectra:
            others.append(str(_get(measurement, "title") or "without title"))
        for spectrum in spectra:
            records.append(_record(raw, measurement, spectrum, len(records)))
    if not records:
        raise raw.refused(
            f"the session holds {len(others)} measurement(s) and none is impedance", do="export the measurement as csv"
        )
    if others:
        note = f"measurements without impedance data were not read: {', '.join(others)[:200]}"
        records[0] = attrs.evolve(records[0], warnings=(note,))
    return records


def _record(raw: RawFile, measurement: Any, spectrum: Any, number: int) -> Record:
    columns = [
        column for value in _list(_get(spectrum, "dataset"), "values") if (column := _column(raw, value)) is not None
    ]
    lengths = {len(column.values) for column in columns}
    if len(lengths) > 1:
        raise raw.broken(f"the columns of spectrum {number + 1} differ in length ({sorted(lengths)})")
    title = str(_get(measurement, "title") or raw.path.name)
    method = str(_get(measurement, "method") or "")
    header = dict(re.findall(r"^([A-Z][A-Z0-9_.]{1,40})=([^\r\n]{0,200})", method, re.MULTILINE))
    roles = {role_of_column(column.name, column.unit)[0] for column in columns}
    return Record(
        name=f"{title} [{number + 1}]" if number else title,
        technique="impedance" if has_impedance(roles) or not columns else "",
        columns=tuple(columns),
        origin=raw.origin(NAME, record=number, acquired_at=_time(_get(measurement, "timestamp"))),
        header=header,
        hints=hints_from_name(raw.shown),
    )


def _column(raw: RawFile, value: Any) -> Column | None:
    unit = _get(value, "unit")
    quantity = str(_get(unit, "q") or _get(value, "description") or "").strip()
    if not quantity:
        return None
    try:
        numbers = [float(cell["V"] if "V" in cell else cell["v"]) for cell in _list(value, "datavalues")]
    except (KeyError, TypeError, ValueError):
        return None  # words (ranges, status) are no column of numbers
    return Column(name=quantity, unit=str(_get(unit, "s") or "").strip(), values=np.array(numbers, dtype=np.float64))


def _time(stamp: Any) -> str | None:
    if not isinstance(stamp, int) or not 6e17 < stamp < 7e17:
        return None
    moment = datetime.datetime(1, 1, 1) + datetime.timedelta(microseconds=stamp // 10)
    return moment.isoformat(timespec="seconds")


FORMAT = Format(
    name=NAME, title="PalmSens PSTrace session (.pssession)", extensions=(".pssession",), can_read=can_read, read=read
)
