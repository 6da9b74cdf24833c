"""Neware binary files (.nda, .ndax), read by the library fastnda (extra ``neware``).

Formats seen: .nda version 29 (BTS 7.6) and 130 (BTS 9.0, 9.1), .ndax of BTS 8.0 with and without auxiliary channels (2016 to 2025).

Schema: the library's columns under its own names, split at the unit: ``voltage`` V, ``current`` mA, ``unix_time`` s, ``step_time`` s, ``total_time`` s,
``capacity`` mAh, ``energy`` mWh, ``cycle_count``, ``step_count``, ``step_index``, ``step_type`` (codes, named in the header), ``aux...`` (``degC``: whatever sensor the
channel has). Cycles are numbered as the
file has them; where it has no numbers the library counts them and a warning says so. float32 and integers stay so.

Uncertainties: none in the file. Header kept: the library's metadata as text (nested entries as ``a.b``). ``active_mass_mg`` of 0 or 1 is the
program's default and not set.

Speed and memory: about a million rows a second, some 100 bytes a row beside the columns (measured, see docs/formats/cyclers.md); importing
the library and polars takes a third of a second and happens when a file is read, not when it is recognised.

Refused: without the library, with the words how to get it; files of more than 1 GB.

Knowledge of the layouts: fastnda (BSD-3), which this reader calls. ``NEWARE`` begins an .nda; an .ndax is a zip archive with ``data.ndc``.
"""

from __future__ import annotations

import contextlib
import logging
import tempfile
import warnings
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pelletry.core.record import Column, Record
from pelletry.formats.archive import is_zip, members, opened_zip
from pelletry.formats.dates import iso_date
from pelletry.formats.hints import hints_from_name
from pelletry.formats.rawfile import BINARY_LIMIT_BYTES, RawFile
from pelletry.formats.registry import Format

__all__ = ["FORMATS"]

_MOST_ENTRIES = 300
_UNITS = frozenset({"V", "mV", "mA", "A", "s", "mAh", "Ah", "mWh", "Wh", "degC", "ohm", "mohm", "W", "mW"})
_DEFAULT_MASSES = ("0", "0.0", "1", "1.0")


def _entries(found: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Nested metadata as ``a.b`` -> text."""
    if isinstance(found, Mapping):
        for key, value in found.items():
            yield from _entries(value, f"{prefix}.{key}" if prefix else str(key))
    elif found is not None and str(found).strip():
        yield prefix[:80], str(found).strip()[:200]


@contextlib.contextmanager
def _own_zlib() -> Iterator[None]:
    """The library puts a faster zlib with other errors in the place of Python's; whoever reads a zip file later must not notice."""
    kept = (zlib.decompress, zlib.decompressobj)
    try:
        yield
    finally:
        zlib.decompress, zlib.decompressobj = kept


def _library(raw: RawFile) -> Any:
    try:
        with _own_zlib():
            import fastnda
    except ImportError:
        raise raw.refused(
            "Neware's binary files are read by the library fastnda, which is not installed",
            do="install it with 'pip install pelletry[neware]', or export the run as csv from BTSDA",
        ) from None
    return fastnda


@contextlib.contextmanager
def _named(raw: RawFile, ending: str) -> Iterator[Path]:
    """A path with the ending that the library goes by: the file's own, or a link or copy of it."""
    if raw.path.suffix == ending:
        yield raw.path
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"run{ending}"
        try:
            path.symlink_to(raw.path)
        except OSError:  # not allowed on every Windows
            path.write_bytes(raw.bytes())
        yield path


class _Listener(logging.Handler):
    """Keeps what the library says instead of printing it."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


def _frame(raw: RawFile, path: Path, fastnda: Any) -> tuple[Any, Any, tuple[str, ...]]:
    """The library's table and metadata, and what it warned of."""
    listener, logger = _Listener(), logging.getLogger("fastnda")
    logger.addHandler(listener)
    was_propagated, logger.propagate = logger.propagate, False
    try:
        with _own_zlib(), warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            frame = fastnda.read(str(path), cycle_mode="raw")
            listener.said.extend(str(one.message) for one in said)
            notes = tuple(dict.fromkeys(text.split(". ")[0][:200] for text in listener.said))
            try:
                metadata = fastnda.read_metadata(str(path))
            except Exception as error:  # the numbers are there without it
                metadata = {"metadata": f"not read ({type(error).__name__})"}
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as error:  # polars panics with an error that is no Exception
        raise raw.broken(
            f"fastnda cannot read it ({type(error).__name__}: {str(error)[:120]})",
            do="copy the file again from the cycler, or export the run as csv from BTSDA",
        ) from None
    finally:
        logger.removeHandler(listener)
        logger.propagate = was_propagated
    return frame, metadata, notes


def _columns(frame: Any) -> tuple[list[Column], dict[str, str]]:
    columns: list[Column] = []
    header: dict[str, str] = {}
    for series in frame.get_columns():
        stem, _, unit = series.name.rpartition("_")
        name, unit = (stem, unit) if unit in _UNITS else (series.name, "")
        if str(series.dtype).startswith(("Categorical", "Enum", "String")):
            words = series.cast(str).fill_null("").to_numpy()
            kinds, first, codes = np.unique(words.astype(str), return_index=True, return_inverse=True)
            rank = np.empty(len(kinds), dtype=np.int16)
            order = np.argsort(first)
            rank[order] = np.arange(len(kinds))
            header[f"codes of {name}"] = "; ".join(f"{i} = {kinds[k]}" for i, k in enumerate(order))
            values: Any = rank[codes]
        else:
            values = series.to_numpy()
        if values.dtype.kind in "iuf":
            columns.append(Column(name=name, unit=unit, values=values))
    return columns, header


def _read(raw: RawFile, name: str) -> Sequence[Record]:
    if raw.size_bytes > BINARY_LIMIT_BYTES:
        raise raw.refused("the file is larger than 1 GB", do="export it in parts from BTSDA")
    if raw.packing:
        raise raw.refused(
            f"a Neware file packed with {raw.packing} cannot be given to its library", do="unpack it first"
        )
    fastnda = _library(raw)
    if is_zip(raw):
        opened_zip(raw)
    with _named(raw, ".ndax" if is_zip(raw) else ".nda") as path:
        frame, metadata, notes = _frame(raw, path, fastnda)
    columns, told = _columns(frame)
    header = {**told, **dict(list(_entries(metadata))[:_MOST_ENTRIES])}
    not_set = [k for k, v in header.items() if k.rpartition(".")[2] == "active_mass_mg" and v in _DEFAULT_MASSES]
    return [
        Record(
            name=raw.path.name,
            technique="cycling",
            columns=tuple(columns),
            origin=raw.origin(name, acquired_at=_acquired_at(header)),
            header=header,
            not_set=tuple(not_set),
            hints=hints_from_name(raw.shown),
            warnings=notes,
        )
    ]


def _acquired_at(header: Mapping[str, str]) -> str | None:
    text = next((v for k, v in header.items() if k.rpartition(".")[2].lower() in ("start_time", "starttime")), "")
    return iso_date(text)


FORMATS = (
    Format(
        name="neware-nda",
        title="Neware cycler file (.nda)",
        extensions=(".nda",),
        can_read=lambda raw: raw.head.startswith(b"NEWARE"),
        read=lambda raw: _read(raw, "neware-nda"),
        technique="cycling",
    ),
    Format(
        name="neware-ndax",
        title="Neware cycler file (.ndax)",
        extensions=(".ndax",),
        can_read=lambda raw: is_zip(raw) and "data.ndc" in members(raw),
        read=lambda raw: _read(raw, "neware-ndax"),
        technique="cycling",
    ),
)
