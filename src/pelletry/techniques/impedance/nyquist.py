"""Nyquist plots as data: all spectra of a sample in one frame with closer ones where they tell more, and each spectrum alone."""

from __future__ import annotations

import math
from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.figure import Axis, FigureSpec, Mark, Panel, Series
from pelletry.core.quantity import Estimate
from pelletry.techniques.impedance.figures import hover_texts, smooth_fit
from pelletry.techniques.impedance.result import ImpedanceResult, PathElement, SpectrumResult
from pelletry.techniques.impedance.words import resistance_text

__all__ = ["nyquist_all_figures", "nyquist_figures", "spectrum_keys"]

#: A frame shows the pellet's arcs: this many times its resistance wide; the blocking leg beyond is cut and counted.
_FRAME_OF_RESISTANCE = 1.6
#: Nothing is cut while the whole spectrum is at most this many frames large.
_UNCUT_FRAMES = 1.7
#: Spectra or arcs that differ by more than this factor in size get a frame of their own.
_ZOOM_FACTOR = 10.0
#: A closer frame that holds fewer measured points of an arc than this shows nothing of it.
_FEWEST_POINTS = 6
_NEAR_A_DECADE = 0.06


def spectrum_keys(result: ImpedanceResult) -> tuple[str, ...]:
    """A short, unique name for the files of each spectrum's figures: ``140C``, ``m40C``, or its number."""
    keys: list[str] = []
    for number, spectrum in enumerate(result.spectra, start=1):
        key = str(number)
        if spectrum.temperature_K is not None:
            degrees = round(spectrum.temperature_K - 273.15, 1)
            key = f"{degrees:g}C".replace("-", "m").replace(".", "p")
        keys.append(key if key not in keys else f"{key}_{number}")
    return tuple(keys)


@attrs.frozen(kw_only=True)
class _Frame:
    """Upper ends of both axes; None: as the data are."""

    x: tuple[float, float] | None = None
    y: tuple[float, float] | None = None


def _frame(size_ohm: float | None, spectra: Sequence[SpectrumResult]) -> _Frame:
    """A frame for arcs of ``size_ohm``; none when the data are hardly larger than it."""
    if size_ohm is None:
        return _Frame()
    wide, high = _FRAME_OF_RESISTANCE * size_ohm, 0.75 * _FRAME_OF_RESISTANCE * size_ohm
    data = np.concatenate([s.impedance_ohm for s in spectra])
    if data.real.max() <= _UNCUT_FRAMES * wide and (-data.imag).max() <= _UNCUT_FRAMES * high:
        return _Frame()
    below = min(0.0, float((-data.imag).min()))
    return _Frame(x=(0.0, wide), y=(max(below, -0.15 * high), high))


def _size(spectrum: SpectrumResult) -> float | None:
    total = spectrum.resistance_total
    return total.value if isinstance(total, Estimate) else None


def _nyquist_panel(series: tuple[Series, ...], frame: _Frame, marks: tuple[Mark, ...] = ()) -> Panel:
    return Panel(
        x=Axis(label="Z'", unit="ohm", limits=frame.x),
        y=Axis(label="-Z''", unit="ohm", limits=frame.y),
        series=series,
        marks=marks,
        has_equal_axes=True,
    )


def _nyquist_series(spectrum: SpectrumResult, *, is_alone: bool) -> tuple[Series, Series]:
    z = spectrum.impedance_ohm
    measured = Series(
        label="measured" if is_alone else spectrum.label,
        x=z.real,
        y=-z.imag,
        group=spectrum.label,
        point_labels=hover_texts(spectrum),
        trace=spectrum.origin.path,
    )
    _, smooth = smooth_fit(spectrum)
    fit = Series(
        label=f"fit {spectrum.circuit}" if is_alone else "fit",
        x=smooth.real,
        y=-smooth.imag,
        style="line",
        group=spectrum.label,
        is_in_legend=is_alone,
    )
    return measured, fit


def _decade_marks(spectrum: SpectrumResult) -> tuple[Mark, ...]:
    """The measured point at each decade of frequency, where the sweep has one."""
    logs = np.log10(spectrum.frequency_Hz)
    marks = []
    for decade in range(math.ceil(logs.min() - _NEAR_A_DECADE), math.floor(logs.max() + _NEAR_A_DECADE) + 1):
        nearest = int(np.argmin(np.abs(logs - decade)))
        if abs(logs[nearest] - decade) <= _NEAR_A_DECADE and spectrum.is_used[nearest]:
            z = spectrum.impedance_ohm[nearest]
            marks.append(Mark(x=float(z.real), y=float(-z.imag), text=f"10^{decade} Hz"))
    return tuple(marks)


def _crosses(spectrum: SpectrumResult) -> tuple[Mark, ...]:
    return tuple(Mark(x=m.real_ohm, y=-m.imaginary_ohm, style="cross") for m in spectrum.masked if m.is_left_out)


def _residual_strip(spectrum: SpectrumResult) -> Panel:
    f = spectrum.frequency_Hz[spectrum.is_used]
    percent = 100.0 * spectrum.residual[spectrum.is_used]
    return Panel(
        x=Axis(label="f", unit="Hz", scale="log"),
        y=Axis(label="Δ", unit="%"),
        series=(
            Series(label="Δ real", x=f, y=percent.real, group="Δ real"),
            Series(label="Δ imaginary", x=f, y=percent.imag, style="open_points", group="Δ imaginary"),
        ),
        height_share=0.25,
    )


def _left_out_words(spectrum: SpectrumResult) -> str:
    count = sum(m.is_left_out for m in spectrum.masked)
    if not count:
        return "No point was left out."
    return f"{count} {'point' if count == 1 else 'points'} left out of the fit (crosses); reasons in the table of left-out points."


def nyquist_figures(result: ImpedanceResult) -> tuple[FigureSpec, ...]:
    """One figure a spectrum: measured points, fit, decades, left-out points, residuals below; and a closer one for a fast arc.

    They are detail where several spectra are seen together in :func:`nyquist_all_figures`.
    """
    figures: list[FigureSpec] = []
    for spectrum, key in zip(result.spectra, spectrum_keys(result), strict=True):
        marks = (*_decade_marks(spectrum), *_crosses(spectrum))
        series = _nyquist_series(spectrum, is_alone=True)
        top = _nyquist_panel(series, _frame(_size(spectrum), [spectrum]), marks)
        strip = (_residual_strip(spectrum),) if spectrum.is_used.any() else ()
        caption = (
            f"Nyquist plot with equal axes; dots mark decades of frequency. Line: {spectrum.circuit}, "
            f"rms residual {100 * spectrum.rms_fraction:.2g} % of |Z|. {_left_out_words(spectrum)}"
        )
        whole = FigureSpec(
            key=f"nyquist_{key}",
            title=f"Impedance of {result.sample} at {spectrum.label}",
            caption=caption
            + (" Below: residuals of the fit, real and imaginary part as a share of |Z|." if strip else ""),
            panels=(top, *strip),
            sample=result.sample,
            technique="impedance",
            is_detail=len(result.spectra) > 1,
            is_simulated=result.is_simulated,
        )
        figures.append(whole)
        window = _fast_arc_frame(spectrum)
        if window is not None:
            figures.append(
                attrs.evolve(
                    whole,
                    key=f"nyquist_{key}_high_frequency",
                    title=f"{whole.title}, high frequencies",
                    caption="The same spectrum near the origin, where the fast arc lies. Equal axes; dots mark decades.",
                    panels=(_nyquist_panel(series, window, marks),),
                    is_detail=True,
                )
            )
    return tuple(figures)


def _fast_arc_frame(spectrum: SpectrumResult) -> _Frame | None:
    """A frame for the fast arc when a slow one drowns it; None when one frame shows both, or nothing of it was measured."""
    total = _size(spectrum)
    fast = next((i for i, e in enumerate(spectrum.path) if e.q is not None), None)
    if total is None or fast is None or not _peaks_inside(spectrum.path[fast], spectrum):
        return None
    sizes = [e.resistance.value for e in spectrum.path[: fast + 1] if isinstance(e.resistance, Estimate)]
    reach_ohm = sum(sizes)
    if len(sizes) <= fast or reach_ohm * _ZOOM_FACTOR >= total:
        return None
    frame = _Frame(x=(0.0, 3.0 * reach_ohm), y=(0.0, 2.25 * reach_ohm))
    return frame if _points_inside(spectrum, frame) >= _FEWEST_POINTS else None


def _peaks_inside(element: PathElement, spectrum: SpectrumResult) -> bool:
    """Does the arc have its peak at a measured frequency?"""
    peak = element.peak_frequency
    return isinstance(peak, Estimate) and peak.value <= float(spectrum.frequency_Hz[spectrum.is_used].max(initial=0.0))


def _points_inside(spectrum: SpectrumResult, frame: _Frame) -> int:
    if frame.x is None or frame.y is None:
        return spectrum.frequency_Hz.size
    x, y = spectrum.impedance_ohm.real, -spectrum.impedance_ohm.imag
    return int(np.count_nonzero((x >= frame.x[0]) & (x <= frame.x[1]) & (y >= 0.0) & (y <= frame.y[1])))


def nyquist_all_figures(result: ImpedanceResult) -> tuple[FigureSpec, ...]:
    """All spectra in one frame, and closer frames while two arcs or more remain that are a tenth of the frame or less.

    A spectrum that would be alone in a closer frame has a figure of its own; one whose arcs lie above the measured
    frequencies has nothing to show there.
    """
    if len(result.spectra) < 2:
        return ()
    left = result.spectra
    figures: list[FigureSpec] = []
    for name in ("nyquist_all", "nyquist_all_zoom", "nyquist_all_zoom_2"):
        largest = max((s for s in map(_size, left) if s is not None), default=None)
        frame = _frame(largest, result.spectra)
        if figures and (largest is None or sum(_shows_arc(s, frame) for s in left) < 2):
            break
        closer = f", up to {resistance_text(largest)}" if figures and largest is not None else ""
        series = [s for spectrum in result.spectra for s in _nyquist_series(spectrum, is_alone=False)]
        figures.append(
            FigureSpec(
                key=name,
                title=f"Impedance of {result.sample}{closer}",
                caption=f"{'All spectra' if not figures else 'The same spectra, a closer frame'}; lines are the fits. Equal axes.",
                panels=(_nyquist_panel(tuple(series), frame),),
                sample=result.sample,
                technique="impedance",
                is_simulated=result.is_simulated,
            )
        )
        left = tuple(s for s in left if largest is not None and (_size(s) or math.inf) * _ZOOM_FACTOR < largest)
    return tuple(figures)


def _shows_arc(spectrum: SpectrumResult, frame: _Frame) -> bool:
    has_arc = any(_peaks_inside(e, spectrum) for e in spectrum.path if e.q is not None)
    return has_arc and _points_inside(spectrum, frame) >= _FEWEST_POINTS
