"""Philips and PANalytical UDF text scans (``.udf``).

Seen: no file of ours; built from public descriptions of files of a PW1710, a PW3710 and an Aeris (2025), whose layouts agree.

Schema: ``2Theta`` (deg), ``RawScan`` (counts), one record. Angles are ``DataAngleRange`` start plus multiples of ``ScanStepSize``.

Uncertainties: none in the file; Poisson of the counts.

Header kept: every ``key,value,/`` line under its own key, and the common keys of ``scans.py`` (the file's keys are spelled ``LabdaAlpha1``).

Structure: lines ``Key,value,/`` whose value may itself hold commas (``DivergenceSlit,Fixed, 1/2,/``) or be empty; the closing ``/`` may
be missing. After ``RawScan`` whole numbers with commas to a final ``/``. The year of ``FileDateTime`` can be broken in old files
(``1-nov-:0``): kept as text only.

Refused: a missing range or step, numbers that are none, more values than the announced range has room for. Fewer values, or a
missing ``/`` at the end, are a warning (an aborted or cut scan).
"""

from __future__ import annotations

from collections.abc import Sequence

from pelletry.core.errors import quoted
from pelletry.core.record import Record
from pelletry.formats.dates import iso_date
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format
from pelletry.formats.scans import Scan, floats_of_text, records_of_scans, steps_from

__all__ = ["FORMAT"]

NAME = "philips-udf"
_KEYS = {
    "SampleIdent": "sample", "Anode": "anode", "LabdaAlpha1": "wavelength K-alpha1 (Angstrom)",
    "LabdaAlpha2": "wavelength K-alpha2 (Angstrom)", "RatioAlpha21": "ratio K-alpha2/K-alpha1", "DivergenceSlit": "divergence slit",
    "ReceivingSlit": "receiving slit", "MonochromatorUsed": "monochromator", "GeneratorVoltage": "tube voltage (kV)",
    "TubeCurrent": "tube current (mA)", "ScanStepTime": "time per step (s)", "ScanStepSize": "step (deg)", "ScanType": "scan mode",
}  # fmt: skip


def can_read(raw: RawFile) -> bool:
    """Text that begins with ``SampleIdent,`` and speaks of a ``RawScan`` or an angle range."""
    text = raw.head_text[:8000]
    return text.lstrip().startswith("SampleIdent,") and ("\nRawScan" in text or "\nDataAngleRange" in text)


def read(raw: RawFile) -> Sequence[Record]:
    """The one scan of the file; errors as in the module docstring."""
    lines = raw.text().lines
    begin = next((i for i, line in enumerate(lines) if line.strip().rstrip(",/").strip() == "RawScan"), None)
    if begin is None:
        raise raw.broken("there is no line RawScan", expected="RawScan and the counts", do="copy the file again")
    header: dict[str, str] = {}
    for line in lines[:begin]:
        key, _, value = line.strip().removesuffix("/").rstrip().removesuffix(",").partition(",")
        if key.strip():
            header.setdefault(key.strip(), value.strip())
    start, end = _pair(raw, header)
    (step,) = _floats(raw, header, "ScanStepSize", 1)
    body, slash, _ = "\n".join(lines[begin + 1 :]).partition("/")
    try:
        counts = floats_of_text(body.replace(",", " "))
    except ValueError as error:
        raise raw.broken(
            f"the counts after RawScan hold something that is no number ({error})"[:160], line=begin + 2
        ) from None
    if step == 0.0 or (end - start) / step < -0.5:
        raise raw.broken(f"a range from {start:g} to {end:g} in steps of {step:g}", expected="a step from start to end")
    announced = round((end - start) / step) + 1
    if counts.size > announced + 1:
        raise raw.broken(
            f"{counts.size} counts where the range {start:g} to {end:g} has room for {announced}", line=begin + 2
        )
    warnings = [] if slash else ["the closing '/' is missing: the file may be cut"]
    if counts.size < announced - 1:
        warnings.append(f"the header announces {announced} points to {end:g} deg, the file holds {counts.size}")
    common = {name: header[key] for key, name in _KEYS.items() if header.get(key)}
    common["intensity"] = "counts, as the file has them"
    scan = Scan(
        columns=(("2Theta", "deg", steps_from(start, step, counts.size)), ("RawScan", "counts", counts)),
        angle="2Theta",
        intensity="RawScan",
        header={**header, **common},
        warnings=tuple(warnings),
        acquired_at=iso_date(header.get("FileDateTime", "")),
        line=begin + 2,
    )
    return records_of_scans(raw, NAME, [scan])


def _pair(raw: RawFile, header: dict[str, str]) -> tuple[float, float]:
    start, end = _floats(raw, header, "DataAngleRange", 2)
    return start, end


def _floats(raw: RawFile, header: dict[str, str], key: str, count: int) -> list[float]:
    text = header.get(key)
    if text is None:
        raise raw.broken(f"{key} is missing, so the angles are not known", expected=f"a line {key},...,/")
    try:
        values = [float(value) for value in floats_of_text(text.replace(",", " "))]
    except ValueError:
        values = []
    if len(values) != count:
        raise raw.broken(f"{key} is {quoted(text)}", expected=f"{count} number(s)")
    return values


FORMAT = Format(name=NAME, title="Philips UDF scan", extensions=(".udf",), can_read=can_read, read=read)
