"""Records to powder scans: which column is the angle, what the intensity is, ranges put apart; nothing happens in silence.

The uncertainty of an intensity is that of counting: the square root of the counts that the detector received. Attenuated
counts are divided by their factor first, rates are multiplied by their time. Where neither counts nor a time are known, the
variance is taken proportional to the intensity with a factor from the scatter of neighbouring points, and this is said.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array
from pelletry.core.errors import MeasurementError, Mistake, quoted
from pelletry.core.record import Hint, Record
from pelletry.techniques.diffraction.beam import stated_beam
from pelletry.techniques.diffraction.counting import counted, positive_number
from pelletry.techniques.diffraction.measurement import DiffractionScan

__all__ = ["FEWEST_POINTS", "ROLES", "read"]

#: Fewer points than this carry no pattern: a single peak with its background takes as many.
FEWEST_POINTS = 50
#: What the column ``role`` of files.csv may say of a scan.
ROLES = ("sample", "standard")
_BRANCHES = {"heating": "heating", "up": "heating", "cooling": "cooling", "down": "cooling"}
_SOURCE_ORDER = ("column", "header", "file name", "folder name")
_HIGHEST_TEMPERATURE_K = 3000.0


def read(records: Sequence[Record], /) -> tuple[DiffractionScan, ...]:
    """Scans of the records, in their order; a record of two ranges that overlap gives two scans.

    When some records of a file make no scan and others do, the others come out and carry the reasons as warnings.

    Raises
    ------
    MeasurementError
        When no record makes a scan: no angle, another axis than 2theta, too few points, negative intensities; names each.
    """
    scans: list[DiffractionScan] = []
    refused: list[Mistake] = []
    for record in records:
        try:
            scans.extend(_scans(record))
        except MeasurementError as error:
            refused.extend(error.mistakes)
    if refused and not scans:
        raise MeasurementError(mistakes=refused)
    if refused:
        sentences = tuple(f"another record of this file was left out: {mistake}" for mistake in refused)
        scans[0] = attrs.evolve(scans[0], warnings=(*scans[0].warnings, *sentences))
    return tuple(scans)


def _place(record: Record) -> str:
    return f"{record.origin.path}, record {record.origin.record + 1}" if record.origin.record else record.origin.path


def _scans(record: Record) -> list[DiffractionScan]:
    where = _place(record)
    _refuse_calculated(record, where)
    angle, y = _columns(record, where)
    found = counted(record, y, where)
    scan = DiffractionScan(
        name=record.name or record.origin.path.rpartition("/")[2],
        origin=record.origin,
        two_theta_deg=angle,
        intensity=found.intensity,
        std=found.std,
        use=found.use,
        intensity_unit=found.unit,
        noise=found.noise,
        counts_per_unit=found.counts_per_unit,
        scatter_ratio=found.scatter_ratio,
        time_per_step_s=positive_number(record.header.get("time per step (s)", "")),
        role=_role(record, where),
        branch=_branch(record),
        run=str(next((h.value for h in record.hints if h.name == "run"), "")),
        stated=stated_beam(record.header),
        is_simulated="simulated" in record.header.get("comment", "").lower(),
        warnings=(*record.warnings, *found.warnings),
    )
    scan = _with_temperature(scan, record, where)
    return _ranges(scan, where)


# -- columns -----------------------------------------------------------------------------------------------------------


def _refuse_calculated(record: Record, where: str) -> None:
    kind = next((str(h.value) for h in record.hints if h.name == "kind"), "")
    if kind == "not a measurement":
        raise MeasurementError(
            "the pattern is a calculated one", where=where, expected="a measured pattern", do="give the measured one"
        )
    if record.points == 0:
        raise MeasurementError("the scan holds no points", where=where, do="measure or export it again")


def _columns(record: Record, where: str) -> tuple[Array, Array]:
    """2theta in degrees and the intensity."""
    angle_name, intensity_name = record.header.get("angle column", ""), record.header.get("intensity column", "")
    angle, intensity = record.column(angle_name), record.column(intensity_name)
    if angle is None or intensity is None:
        shown = ", ".join(quoted(c.name) for c in record.columns[:12]) or "none"
        raise MeasurementError(
            f"no angle or no intensity; the columns are {shown}",
            where=where,
            expected="a scan of 2theta with its intensities",
            do="export the scan again",
        )
    plain = angle_name.lower().replace("_", "").replace("-", "").replace(" ", "")
    if not ("2theta" in plain or "twotheta" in plain) or "chi" in plain:
        raise MeasurementError(
            f"the scan steps {quoted(angle_name)}",
            where=where,
            expected="a scan of 2theta",
            do="leave this scan out; it is no powder pattern",
        )
    if intensity.unit.strip().lower() in ("", "counts") and record.header.get("scan axis", "") == "Omega":
        raise MeasurementError(
            "the scan steps omega", where=where, expected="a scan of 2theta", do="leave this scan out"
        )
    x, y = np.asarray(angle.values, dtype=np.float64), np.asarray(intensity.values, dtype=np.float64)
    _refuse_few_or_negative(x, y, where)
    return x, y


def _refuse_few_or_negative(x: Array, y: Array, where: str) -> None:
    if x.size < FEWEST_POINTS:
        raise MeasurementError(
            f"only {x.size} points",
            where=where,
            expected=f"at least {FEWEST_POINTS}",
            do="measure a longer scan, or look whether it was aborted",
        )
    negative = np.flatnonzero(y < 0)
    if negative.size:
        worst = int(np.argmin(y))
        raise MeasurementError(
            f"{negative.size} of {y.size} intensities are negative, the lowest {y[worst]:g} at {x[worst]:.4g}°: a background "
            "was subtracted, so that their uncertainty cannot be known",
            where=where,
            expected="counts as measured",
            do="export the scan without any treatment",
        )
    if not np.any(y > 0):
        raise MeasurementError("all intensities are zero", where=where, do="look whether the shutter was open")
    if np.any((x <= 0) | (x >= 180)):
        raise MeasurementError(
            f"angles from {x.min():g} to {x.max():g}°", where=where, expected="2theta between 0 and 180°"
        )


# -- ranges, roles, temperature ----------------------------------------------------------------------------------------


def _ranges(scan: DiffractionScan, where: str) -> list[DiffractionScan]:
    """Split where the angle goes back; a falling scan is turned."""
    x = scan.two_theta_deg
    if np.all(np.diff(x) < 0):
        return [_taken(scan, np.arange(x.size, dtype=np.intp)[::-1])]
    back = np.flatnonzero(np.diff(x) <= 0)
    if not back.size:
        return [scan]
    edges = [0, *(int(i) + 1 for i in back), x.size]
    pieces = [np.arange(a, b, dtype=np.intp) for a, b in itertools.pairwise(edges) if b - a >= FEWEST_POINTS]
    if not pieces or len(edges) > 12:
        raise MeasurementError(
            f"the angle goes back {back.size} times, first at {x[back[0]]:.4g}°", where=where,
            expected="one range of rising 2theta", do="export each range as a scan of its own",
        )  # fmt: skip
    words = f"the scan holds {len(edges) - 1} ranges whose angles go back; each is taken as a scan of its own"
    return [
        attrs.evolve(
            _taken(scan, rows), name=f"{scan.name}, range {number}", run=f"{scan.run} range {number}".strip(),
            warnings=(*scan.warnings, words),
        )
        for number, rows in enumerate(pieces, start=1)
    ]  # fmt: skip


def _taken(scan: DiffractionScan, rows: npt.NDArray[np.intp]) -> DiffractionScan:
    return attrs.evolve(
        scan,
        two_theta_deg=scan.two_theta_deg[rows],
        intensity=scan.intensity[rows],
        std=scan.std[rows],
        use=scan.use[rows],
    )


def _role(record: Record, where: str) -> str:
    role = str(next((h.value for h in record.hints if h.name == "role"), "")).strip().lower()
    if role in ("", *ROLES):
        return role or "sample"
    raise MeasurementError(
        f"the role {quoted(role)} is none of a scan", where=where, expected=" or ".join(ROLES),
        do="correct the column role of files.csv",
    )  # fmt: skip


def _branch(record: Record) -> str:
    said = str(next((h.value for h in record.hints if h.name == "branch"), "")).strip().lower()
    return _BRANCHES.get(said, "")


def _with_temperature(scan: DiffractionScan, record: Record, where: str) -> DiffractionScan:
    hints = [h for h in record.hints if h.name == "temperature" and isinstance(h.value, int | float)]
    if not hints:
        return scan
    best = min(hints, key=_rank)
    kelvin = float(best.value) + (273.15 if best.unit in ("°C", "degC", "C") else 0.0)
    if not (np.isfinite(kelvin) and 0 < kelvin < _HIGHEST_TEMPERATURE_K):
        raise MeasurementError(
            f"a temperature of {best.value} {best.unit} ({best.source} {quoted(best.text)}) is not possible", where=where,
            expected=f"a temperature between 0 and {_HIGHEST_TEMPERATURE_K:g} K", do="state the temperature in files.csv",
        )  # fmt: skip
    return attrs.evolve(
        scan,
        temperature_K=kelvin,
        temperature_source=best.source,
        temperature_is_confirmed=best.source not in ("file name", "folder name") or best.text == "confirmed",
    )


def _rank(hint: Hint) -> int:
    """What the study says (any other source) goes before what the file says."""
    return _SOURCE_ORDER.index(hint.source) if hint.source in _SOURCE_ORDER else -1
