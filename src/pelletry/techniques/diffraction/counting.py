"""What the intensities of a record are, and what counting makes of their uncertainty."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array
from pelletry.core.errors import MeasurementError
from pelletry.core.record import Record
from pelletry.techniques.diffraction.noise import variance_per_intensity

__all__ = ["Counted", "counted", "positive_number"]

_FACTORS = ("beamAttenuationFactors", "attenuation factor", "AbsorptionFactor")
_TIMES = ("countingTimes",)
_ESDS = ("esd", "pd_proc_intensity_total_su", "pd_meas_intensity_total_su")
_WEIGHTS = ("pd_proc_ls_weight",)
_RATES = {"cps", "counts/s", "counts/sec", "c/s", "1/s"}
#: Whole numbers that scatter by less or more than this factor are no plain counts (smoothed, summed, scaled).
_SCATTER_LIMITS = (0.4, 2.5)
#: A detector that counts into 16 or 20 bits, or stops, gives this many equal highest points in a row.
_FLAT_POINTS = 4


def positive_number(text: str) -> float | None:
    """A positive number in a text, else None."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if np.isfinite(value) and value > 0 else None


@attrs.frozen(kw_only=True, eq=False)
class Counted:
    intensity: Array
    std: Array
    use: npt.NDArray[np.bool_]
    unit: str
    noise: str
    counts_per_unit: float | None = None
    scatter_ratio: float | None = None
    warnings: tuple[str, ...] = ()


def _per_point(record: Record, names: Sequence[str], header_key: str) -> Array | float | None:
    column = record.column(*names)
    if column is not None:
        return np.asarray(column.values, dtype=np.float64)
    return positive_number(record.header.get(header_key, ""))


def counted(record: Record, y: Array, where: str) -> Counted:
    """Intensity, its standard deviation, and how both were had.

    Raises
    ------
    MeasurementError
        When a factor is not positive, or nothing says how large the uncertainty is.
    """
    use = _measured(y)
    factor = _per_point(record, _FACTORS, "beam attenuation factor")
    factors = np.ones(y.size) if factor is None else np.broadcast_to(np.asarray(factor, dtype=np.float64), y.shape)
    if np.any(~np.isfinite(factors) | (factors <= 0)):
        raise MeasurementError("an attenuation factor is not positive", where=where, do="export the scan again")
    times = _per_point(record, _TIMES, "time per step (s)")
    stated = _stated_std(record, y)
    if stated is not None:
        return Counted(intensity=y, std=stated, use=use & np.isfinite(stated), unit=_unit(record), noise="stated")
    if _unit(record) == "counts/s":
        return _from_rate(y, times, use)
    if not _is_counts(record, y):
        return _from_scatter(
            y, use, "the file does not say whether its intensities are counts, nor gives their uncertainty"
        )
    return _from_counts(record, y, factors, times, use)


def _measured(y: Array) -> npt.NDArray[np.bool_]:
    """False for the zeros behind the last count: a record that was filled up, or a scan that was aborted."""
    use = np.isfinite(y)
    last = int(np.flatnonzero(y > 0)[-1])
    use[last + 1 :] = False
    return use


def _unit(record: Record) -> str:
    column = record.column(record.header.get("intensity column", ""))
    unit = "" if column is None else column.unit.strip().lower()
    return "counts/s" if unit in _RATES or (column is not None and column.name.lower() == "cps") else unit


def _is_counts(record: Record, y: Array) -> bool:
    factor = _per_point(record, _FACTORS, "beam attenuation factor")
    is_whole = bool(np.all(y == np.round(y)))
    return is_whole or (_unit(record) == "counts" and factor is not None and not np.all(np.asarray(factor) == 1.0))


def _stated_std(record: Record, y: Array) -> Array | None:
    esd = record.column(*_ESDS)
    if esd is not None:
        std = np.asarray(esd.values, dtype=np.float64)
        return np.where(std > 0, std, np.nan)
    weight = record.column(*_WEIGHTS)
    if weight is not None:
        w = np.asarray(weight.values, dtype=np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(w > 0, 1.0 / np.sqrt(w), np.nan)
    counters = record.column("counters")
    if counters is not None:
        n = np.maximum(np.asarray(counters.values, dtype=np.float64), 1.0)
        return np.sqrt(np.maximum(y, 1.0 / n) / n)
    return None


def _from_counts(
    record: Record, y: Array, factors: Array, times: Array | float | None, use: npt.NDArray[np.bool_]
) -> Counted:
    """Counts, behind an attenuator or not; times that change within the scan bring all points to the longest one."""
    is_applied = "already multiplied" in record.header.get("intensity", "") or "multiplied by" in record.header.get(
        "intensity", ""
    )
    received = y / factors if is_applied else y
    scale = factors.astype(np.float64).copy()
    warnings: list[str] = []
    if isinstance(times, np.ndarray) and times.size and not np.allclose(times, times[0]):
        if np.any(~np.isfinite(times) | (times <= 0)):
            return _from_scatter(y, use, "a counting time is not positive")
        scale = scale * (times.max() / times)
        warnings.append(
            f"the counting time changes from {times.min():g} to {times.max():g} s within the scan: brought to the longest"
        )
    is_attenuated = bool(np.any(factors != 1.0))
    if is_attenuated:
        behind = int(np.count_nonzero(factors != 1.0))
        warnings.append(
            f"{behind} points were counted behind an attenuator; their weights follow from the counts received"
        )
    ratio = None
    if not is_attenuated and not warnings:
        ratio = variance_per_intensity(y[use])
    warnings.extend(_doubts(received, use, ratio))
    return Counted(
        intensity=received * scale,
        std=np.sqrt(np.maximum(received, 1.0)) * scale,
        use=use,
        unit="counts",
        noise="attenuated" if is_attenuated else "counts",
        scatter_ratio=ratio,
        warnings=tuple(warnings),
    )


def _doubts(counts: Array, use: npt.NDArray[np.bool_], ratio: float | None) -> list[str]:
    found = []
    if ratio is not None and not _SCATTER_LIMITS[0] < ratio < _SCATTER_LIMITS[1]:
        found.append(
            f"whole numbers, but their scatter is {ratio:.2g} times that of counts: the scan was smoothed, scaled or summed, and "
            "its uncertainties are wrong by the root of that"
        )
    top = float(counts[use].max())
    longest, run = 1, 1
    at = np.flatnonzero(use & (counts == top))
    for gap in np.diff(at):
        run = run + 1 if gap == 1 else 1
        longest = max(longest, run)
    if longest >= _FLAT_POINTS and top > 100:
        found.append(
            f"{longest} points in a row stand at the highest value, {top:g}: the detector was saturated there, and "
            "these points are left out"
        )
        use[at] = False
    return found


def _from_rate(y: Array, times: Array | float | None, use: npt.NDArray[np.bool_]) -> Counted:
    if times is None:
        return _from_scatter(
            y, use, "the intensities are counts per second and the time per step is not stated", unit="counts/s"
        )
    t = np.broadcast_to(np.asarray(times, dtype=np.float64), y.shape)
    if np.any(~np.isfinite(t) | (t <= 0)):
        return _from_scatter(y, use, "a counting time is not positive", unit="counts/s")
    counts = y * t
    return Counted(
        intensity=y, std=np.sqrt(np.maximum(counts, 1.0)) / t, use=use, unit="counts/s", noise="rate",
        counts_per_unit=float(np.median(t)),
    )  # fmt: skip


def _from_scatter(y: Array, use: npt.NDArray[np.bool_], why: str, unit: str = "") -> Counted:
    k = variance_per_intensity(y[use])
    if k is None:
        raise MeasurementError(
            f"{why}, and the scatter of its points tells nothing", expected="counts, or a rate with its time",
            do="export the scan as counts",
        )  # fmt: skip
    warning = (
        f"{why}: the weights follow from the scatter of neighbouring points (one unit stands for {1 / k:.3g} counts), and "
        "uncertainties from the residuals of the fit"
    )
    return Counted(
        intensity=y, std=np.sqrt(k * np.maximum(y, k)), use=use, unit=unit, noise="scatter", counts_per_unit=1 / k,
        scatter_ratio=k, warnings=(warning,),
    )  # fmt: skip
