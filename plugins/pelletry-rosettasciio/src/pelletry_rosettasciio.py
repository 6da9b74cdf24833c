"""Bruker composite files (.bcf), JEOL spectra (.EDS) and electron microscopy data sets (.emd) through RosettaSciIO.

Schema: a spectrum is a record ``edx`` with ``Energy`` (keV) and ``Counts``; a map of spectra is summed over its pixels, which the header says (``summed``,
``"240 x 320 spectra"``), since counts add up. A picture is a record ``microscopy`` with its grey levels as stored. What is neither (a stack of
pictures, a diffraction pattern) is left out and named in a warning of the first record.

Header: ``live time``, ``real time`` (s), ``beam energy`` (keV), ``elevation angle`` (deg), ``detector``, ``magnification``, ``energy per channel``, ``energy of channel 0``;
``pixel size`` of pictures and maps as ``"<number> m"`` when both sides of a pixel are equal within 0.1 % and have a unit of length, else ``not set`` and the
sides in a warning (RosettaSciIO says ``pix`` where a file has no scale).

Uncertainties: none. Memory: that of RosettaSciIO, which unpacks a map whole: a file of 1 MB can hold 160 MB of counts.

Knowledge from: the documentation of RosettaSciIO 0.15, its dictionaries ``data``, ``axes`` and ``metadata``.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from pelletry.core.record import Record
from pelletry.formats.edx_spectrum import MOST_CHANNELS, edx_record, quantity
from pelletry.formats.pictures import NOT_SET, PIXEL_SIZE, picture_record
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format

__all__ = ["BRUKER_BCF", "EMD", "JEOL_EDS"]

_METRES = {"m": 1.0, "mm": 1e-3, "µm": 1e-6, "μm": 1e-6, "um": 1e-6, "nm": 1e-9, "pm": 1e-12, "Å": 1e-10}
_KEV = {"keV": 1.0, "eV": 1e-3}
_SAME = 0.001


def _signals(raw: RawFile, module: str, suffix: str) -> list[dict[str, Any]]:
    """What RosettaSciIO finds; it goes by the ending of the name, so a file of another name is copied."""
    import importlib

    if raw.packing:
        raise raw.refused("the file is packed", do="unpack it")
    # Its remarks go to the standard output, where they would stand in the middle of a result.
    with (
        tempfile.TemporaryDirectory() as folder,
        warnings.catch_warnings(),
        contextlib.redirect_stdout(sys.stderr),
    ):
        warnings.simplefilter("ignore")
        reader = importlib.import_module(f"rsciio.{module}").file_reader
        path = raw.path
        if path.suffix.lower() != suffix:
            path = Path(shutil.copy(path, Path(folder) / f"copy{suffix}"))
        found: list[dict[str, Any]] = reader(str(path))
    return found


def _at(entries: Any, *keys: str) -> Any:
    for key in keys:
        entries = entries.get(key) if isinstance(entries, Mapping) else None
    return entries


def _number(value: Any) -> float | None:
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if np.isfinite(found) and found > 0 else None


def _header(metadata: Any) -> dict[str, str]:
    instrument = _at(metadata, "Acquisition_instrument")
    microscope = _at(instrument, "SEM") or _at(instrument, "TEM") or {}
    detector = _at(microscope, "Detector", "EDS") or {}
    header: dict[str, str] = {}
    quantity(header, "live time", _number(_at(detector, "live_time")), "s")
    quantity(header, "real time", _number(_at(detector, "real_time")), "s")
    quantity(header, "beam energy", _number(_at(microscope, "beam_energy")), "keV")
    quantity(header, "elevation angle", _number(_at(detector, "elevation_angle")), "deg")
    magnification = _number(_at(microscope, "magnification"))
    if magnification is not None:
        header["magnification"] = f"{magnification:.6g}"
    for key, text in (("detector", _at(detector, "detector_type")), ("title", _at(metadata, "General", "title"))):
        if text:
            header[key] = str(text)[:200]
    return header


def _pixel_m(axes: Sequence[Mapping[str, Any]]) -> tuple[float | None, str]:
    """The side of a pixel in m, or None and why not."""
    sides = [(_number(axis.get("scale")), str(axis.get("units"))) for axis in axes]
    metres = [scale * _METRES[unit] for scale, unit in sides if scale is not None and unit in _METRES]
    if len(metres) != 2:
        return None, "the file has no scale"
    if abs(metres[0] - metres[1]) > _SAME * max(metres):
        return None, f"the pixels are {metres[0]:.4g} m high and {metres[1]:.4g} m wide, not square"
    return metres[1], ""


def _spectrum(raw: RawFile, name: str, signal: Mapping[str, Any], number: int) -> Record:
    data, axes = np.asarray(signal["data"]), list(signal["axes"])
    energy = axes[-1]
    if data.shape[-1] > MOST_CHANNELS:
        raise raw.refused(f"the spectrum has {data.shape[-1]} channels")
    header = _header(signal.get("metadata"))
    notes: list[str] = []
    not_set: list[str] = []
    if data.ndim > 1:
        header["summed"] = f"{' x '.join(map(str, data.shape[:-1]))} spectra"
        notes.append(f"a map of {header['summed']}: their sum is given")
        pixel, why = _pixel_m(axes[:-1]) if data.ndim == 3 else (None, "")
        header[PIXEL_SIZE] = NOT_SET if pixel is None else f"{pixel:.10g} m"
        if pixel is None:
            not_set.append(PIXEL_SIZE)
            notes.append(f"the pixel size is not set: {why}")
        data = data.reshape(-1, data.shape[-1]).sum(axis=0, dtype=np.float64 if data.dtype.kind == "f" else np.int64)
    factor = _KEV.get(str(energy.get("units")))
    scale, offset = float(energy.get("scale", 0.0)), float(energy.get("offset", 0.0))
    calibrated: Any = None
    if factor is not None and scale > 0:
        quantity(header, "energy per channel", scale * factor * 1e3, "eV")
        quantity(header, "energy of channel 0", offset * factor * 1e3, "eV")
        calibrated = (offset + scale * np.arange(data.size)) * factor
    return edx_record(
        raw, name, counts=data, energy=calibrated, header=header, not_set=not_set, notes=notes, number=number
    )


def _picture(raw: RawFile, name: str, signal: Mapping[str, Any], number: int) -> Record:
    pixel, why = _pixel_m(list(signal["axes"]))
    header = _header(signal.get("metadata"))
    return picture_record(
        raw,
        name,
        np.asarray(signal["data"]),
        pixel_size_m=pixel,
        pixel_size_from="the scale of the file's axes",
        header=header,
        notes=() if pixel is not None else (f"the pixel size is not set: {why}",),
        number=number,
        name=f"{raw.path.name}, {header.get('title', 'picture')}",
    )


def _records(raw: RawFile, name: str, module: str, suffix: str) -> Sequence[Record]:
    """The spectra and pictures of a file, in its order.

    Raises
    ------
    BrokenFileError, RefusedFileError
        When nothing in it is a spectrum or a picture, or it is packed.
    """
    records: list[Record] = []
    left_out: list[str] = []
    for signal in _signals(raw, module, suffix):
        shape, axes = np.shape(signal["data"]), list(signal["axes"])
        is_spectrum = bool(axes) and (str(axes[-1].get("units")) in _KEV or axes[-1].get("name") == "Energy")
        if is_spectrum and shape[-1] > 1:
            records.append(_spectrum(raw, name, signal, len(records)))
        elif len(shape) == 2:
            records.append(_picture(raw, name, signal, len(records)))
        else:
            left_out.append(" x ".join(map(str, shape)))
    if not records:
        raise raw.broken("the file holds neither a spectrum nor a picture", expected="one of them")
    if left_out:
        note = f"left out, neither a spectrum nor a picture: {', '.join(left_out)} values"
        records[0] = attrs.evolve(records[0], warnings=(*records[0].warnings, note))
    return records


def _is_emd(raw: RawFile) -> bool:
    """Velox (a group ``Data`` with pictures or spectra) or the open layout (a group with ``emd_group_type``)."""
    if not raw.head.startswith(b"\x89HDF\r\n") or raw.packing:
        return False
    import h5py

    with h5py.File(raw.path, "r") as file:
        data = file.get("Data")
        if isinstance(data, h5py.Group) and {"Image", "Spectrum", "SpectrumImage", "SpectrumStream"} & set(data):
            return True
        groups = [item for item in file.values() if isinstance(item, h5py.Group)]
        inner = [item for group in groups for item in group.values() if isinstance(item, h5py.Group)]
        return any("emd_group_type" in group.attrs for group in (*groups, *inner))


BRUKER_BCF = Format(
    name="bruker-bcf",
    title="Bruker composite file (.bcf)",
    extensions=(".bcf",),
    can_read=lambda raw: raw.head.startswith(b"AAMVHFSS"),
    read=lambda raw: _records(raw, "bruker-bcf", "bruker", ".bcf"),
    technique="edx",
)
JEOL_EDS = Format(
    name="jeol-eds",
    title="JEOL EDX spectrum (.EDS)",
    extensions=(".eds",),
    can_read=lambda raw: raw.head.startswith(b"\2\0\0\0\2\0\0\0") and b"Live Time\0" in raw.head[:2000],
    read=lambda raw: _records(raw, "jeol-eds", "jeol", ".eds"),
    technique="edx",
)
EMD = Format(
    name="emd",
    title="electron microscopy data set (.emd)",
    extensions=(".emd",),
    can_read=_is_emd,
    read=lambda raw: _records(raw, "emd", "emd", ".emd"),
    technique="microscopy",
)
