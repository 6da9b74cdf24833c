"""Text scans with a vendor's header: Siemens and Bruker UXD, Sietronics CPI, and the xy files of DIFFRAC.EVA.

Seen: two EVA files (one scan each). UXD and CPI: no file of ours, built from public descriptions.

EVA (``bruker-eva-xy``)
    A line ``'Id: "" Comment: "" Operator: "" Anode: "Cu" Scantype: "..." TimePerStep: "96"``, then rows angle and intensity; one record for each such
    line. What the intensity is (counts, counts per second, background subtracted) the file does not say. TimePerStep is the effective time in
    s of all channels of the detector together.
UXD (``bruker-uxd``)
    ``;`` comments, ``_KEY=value`` lines, then a marker and rows: ``_COUNTS``, ``_CPS`` (intensities only; angles from ``_START`` and ``_STEPSIZE``),
    ``_2THETACOUNTS``, ``_2THETACPS`` (angle and intensity), ``_2THETACOUNTSTIME`` (and a time). The first column is the drive that ``_DRIVE`` names,
    in spite of the marker. Keys before the first ``_DRIVE`` hold for all ranges. One record a range. Peak lists (``_D-I``, ``_2THETA-I``) are left out.
    ``_TEMPERATURE`` has no unit in the file and is no hint. Wavelengths in nm (``_WL_UNIT``) are given in Å.
CPI (``sietronics-cpi``)
    ``SIETRONICS XRD SCAN``, start, end, step, anode, wavelength, date, time per step or speed (???), title, ``SCANDATA``, one intensity a line.

Uncertainties: none in the files; Poisson of counts.

Refused: rows that are no numbers, no rows, a missing start or step, a CPI range with room for fewer points than the file holds.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.errors import quoted
from pelletry.core.record import Record
from pelletry.formats.dates import iso_date
from pelletry.formats.long_rows import floats_of_lines
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format
from pelletry.formats.scans import Scan, records_of_scans, steps_from

__all__ = ["FORMATS"]

_EVA = re.compile(r"""^'Id:\s*".*"\s+Comment:""")
_EVA_ENTRY = re.compile(r'(\w+): "([^"]*)"')
_EVA_KEYS = {"Id": "sample", "Comment": "comment", "Operator": "operator", "Anode": "anode", "Scantype": "scan axis",
             "TimePerStep": "effective time per step (s)"}  # fmt: skip
_MARKER = re.compile(r"_(2THETA)?(COUNTS?|CPS)(TIME)?(?:\s*=\s*\d*)?\s*\Z")
_UXD_KEYS = {"SAMPLE": "sample", "ANODE": "anode", "WL1": "wavelength K-alpha1 (Angstrom)", "WL2": "wavelength K-alpha2 (Angstrom)",
             "WL3": "wavelength K-beta (Angstrom)", "WLRATIO": "ratio K-alpha2/K-alpha1", "STEPTIME": "time per step (s)",
             "STEPSIZE": "step (deg)", "STEPMODE": "scan mode", "DRIVE": "scan axis", "KV": "tube voltage (kV)", "MA": "tube current (mA)",
             "GONIOMETER_RADIUS": "goniometer radius (mm)", "USER": "operator"}  # fmt: skip
_DRIVES = {
    "COUPLED": "2Theta",
    "2THETA": "2Theta",
    "TWOTHETA": "2Theta",
    "LOCKED COUPLED": "2Theta",
    "UNLOCKED COUPLED": "2Theta",
    "": "2Theta",
}


def _rows(raw: RawFile, lines: Sequence[str], first: int, *, width: int | None, what: str) -> Array:
    """Numbers of some lines: shape (rows, width), or all of them in one row when ``width`` is None."""
    try:
        return _table(lines, width)
    except ValueError:
        for k, line in enumerate(lines):
            try:
                _table([line], width)
            except ValueError:
                raise raw.broken(
                    f"{quoted(line.strip(), longest=40)} is no row of {what}", line=first + k,
                    expected="numbers" if width is None else f"{width} numbers",
                ) from None  # fmt: skip
        raise raw.broken(f"the rows of {what} are not numbers", line=first) from None


def _table(lines: Sequence[str], width: int | None) -> Array:
    return floats_of_lines(lines, width=width, marks=",;")


def _read_eva(raw: RawFile) -> Sequence[Record]:
    lines = raw.text().lines
    starts = [i for i, line in enumerate(lines) if _EVA.match(line)]
    if not starts:
        raise raw.broken("there is no line 'Id: ... Comment: ...", expected="the header of DIFFRAC.EVA and rows")
    scans = []
    for begin, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        table = _rows(raw, lines[begin + 1 : end], begin + 2, width=2, what="angle and intensity")
        header = {_EVA_KEYS.get(key, key): value for key, value in _EVA_ENTRY.findall(lines[begin])}
        header["intensity"] = "the file does not say whether counts, counts per second or a corrected pattern"
        warnings = ("some intensities are negative, so a background was subtracted",) if np.any(table[:, 1] < 0) else ()
        said = header.get("scan axis", "").lower().replace(" ", "").replace("_", "")
        axis = "2Theta" if any(word in said for word in ("twotheta", "2theta", "coupled", "psd")) else "angle"
        columns = (
            (axis, "deg", np.ascontiguousarray(table[:, 0])),
            ("intensity", "", np.ascontiguousarray(table[:, 1])),
        )
        scans.append(
            Scan(columns=columns, angle=axis, intensity="intensity", header=header, warnings=warnings, line=begin + 2)
        )
    return records_of_scans(raw, "bruker-eva-xy", scans)


def _is_uxd(raw: RawFile) -> bool:
    first = next(
        (line for line in raw.head_text[:20_000].split("\n") if line.strip() and not line.lstrip().startswith(";")), ""
    )
    return first.lstrip().startswith("_FILEVERSION")


def _read_uxd(raw: RawFile) -> Sequence[Record]:
    lines = raw.text().lines
    shared: dict[str, str] = {}
    own: dict[str, str] | None = None
    marker: re.Match[str] | None = None
    begin = 0
    scans: list[Scan] = []
    for i, line in enumerate(itertools.chain(lines, ("_END=",))):
        text = line.strip()
        if not text.startswith("_"):
            continue
        if marker is not None:
            scans.append(_uxd_scan(raw, lines[begin:i], begin + 1, marker, {**shared, **(own or {})}))
            marker = None
        key, _, value = text[1:].partition("=")
        key = key.strip().upper()
        if key == "DRIVE":
            own = {}
        found = _MARKER.match(text)
        if found is not None:
            marker, begin = found, i + 1
        elif key and i < len(lines):
            (shared if own is None else own)[key] = value.strip().strip("'")[:500]
    if not scans:
        raise raw.broken("there is no scan in it", expected="_COUNTS, _2THETACOUNTS or their like and rows")
    return records_of_scans(raw, "bruker-uxd", scans)


class _WithoutComments(Sequence[str]):
    """Lines of which the comments are blank."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, place: Any) -> Any:
        found = self._lines[place]
        if isinstance(place, slice):
            return _WithoutComments(found)
        return "" if found.lstrip().startswith(";") else found


def _uxd_scan(raw: RawFile, lines: Sequence[str], first: int, marker: re.Match[str], header: dict[str, str]) -> Scan:
    rows = _WithoutComments(lines)
    drive = header.get("DRIVE", "").upper()
    axis = _DRIVES.get(drive, header.get("DRIVE", ""))
    unit, name = ("counts", "counts") if marker[2].startswith("COUNT") else ("counts/s", "cps")
    columns: list[tuple[str, str, Array]]
    if marker[1]:
        table = _rows(raw, rows, first, width=3 if marker[3] else 2, what="angle and intensity")
        columns = [(axis, "deg", np.ascontiguousarray(table[:, 0])), (name, unit, np.ascontiguousarray(table[:, 1]))]
        if marker[3]:
            columns.append(("time", "s", np.ascontiguousarray(table[:, 2])))
    else:
        values = _rows(raw, rows, first, width=None, what="intensities")
        try:
            angles = steps_from(float(header["START"]), float(header["STEPSIZE"]), values.size)
        except (KeyError, ValueError):
            raise raw.broken(
                "start and step of a range are missing", line=first, expected="_START= and _STEPSIZE= in numbers"
            ) from None
        columns = [(axis, "deg", angles), (name, unit, values)]
    common = {key: header[name] for name, key in _UXD_KEYS.items() if header.get(name)}
    if header.get("WL_UNIT", "").strip().lower() == "nm":
        common |= {key: _times_ten(text) for key, text in common.items() if key.startswith("wavelength")}
    warnings = []
    if drive not in _DRIVES:
        warnings.append(f"the scan steps {quoted(header.get('DRIVE', ''))}, not 2theta")
    if header.get("TEMPERATURE"):
        warnings.append(f"the temperature {quoted(header['TEMPERATURE'])} of the file has no unit and was not used")
    acquired = iso_date(header.get("DATEMEASURED", ""))
    return Scan(columns=tuple(columns), angle=axis, intensity=name, header={**header, **common, "intensity": unit}, warnings=tuple(warnings),
                acquired_at=acquired, line=first)  # fmt: skip


def _times_ten(text: str) -> str:
    try:
        return f"{float(text) * 10:.10g}"
    except ValueError:
        return ""


def _read_cpi(raw: RawFile) -> Sequence[Record]:
    lines = raw.text().lines
    begin = next((i for i, line in enumerate(lines[:200]) if line.strip().upper().startswith("SCANDATA")), None)
    if begin is None or begin < 4:
        raise raw.broken("there is no line SCANDATA after start, end and step", expected="SCANDATA and intensities")
    ends = [_rows(raw, [lines[k]], k + 1, width=1, what="the range") for k in (1, 2, 3)]
    if any(one.size != 1 for one in ends):
        raise raw.broken("start, end and step are not three numbers", line=2)
    start, end, step = (float(one[0, 0]) for one in ends)
    values = _rows(raw, lines[begin + 1 :], begin + 2, width=None, what="intensities")
    if step == 0.0:
        raise raw.broken("the step is zero", line=4)
    announced = round((end - start) / step) + 1
    if values.size > announced + 1:
        raise raw.broken(f"{values.size} intensities where the range has room for {announced}", line=begin + 2)
    notes = (
        (f"the header announces {announced} points, the file holds {values.size}",)
        if values.size < announced - 1
        else ()
    )
    keys = ("anode", "wavelength (Angstrom)", "date", "time per step or speed", "title")
    header = {key: lines[k].strip() for k, key in enumerate(keys, start=4) if k < begin}
    header["intensity"], header["step (deg)"] = "the file does not say", f"{step:.10g}"
    columns = (("2Theta", "deg", steps_from(start, step, values.size)), ("intensity", "", values))
    scan = Scan(columns=columns, angle="2Theta", intensity="intensity", header=header, warnings=notes, line=begin + 2)
    return records_of_scans(raw, "sietronics-cpi", [scan])


FORMATS = (
    Format(name="bruker-eva-xy", title="DIFFRAC.EVA xy scan", extensions=(".xy",),
           can_read=lambda raw: _EVA.match(raw.head_text[:2000]) is not None, read=_read_eva),
    Format(name="bruker-uxd", title="Bruker UXD scan", extensions=(".uxd",), can_read=_is_uxd, read=_read_uxd),
    Format(name="sietronics-cpi", title="Sietronics CPI scan", extensions=(".cpi",),
           can_read=lambda raw: raw.head_text[:200].lstrip().upper().startswith("SIETRONICS XRD SCAN"), read=_read_cpi),
)  # fmt: skip
