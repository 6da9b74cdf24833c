"""Figures of one sample's impedance as data: Nyquist, Bode, Kramers-Kronig residuals. The Arrhenius plot is next door."""

from __future__ import annotations

import math
from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array, ComplexArray
from pelletry.core.figure import Axis, FigureSpec, Mark, Panel, Series
from pelletry.core.quantity import Estimate
from pelletry.techniques.impedance.model.circuit import parse_circuit
from pelletry.techniques.impedance.result import ImpedanceResult, SpectrumResult
from pelletry.techniques.impedance.words import frequency_text, resistance_text

__all__ = ["bode_figure", "consistency_figure", "nyquist_all_figures", "nyquist_figures", "spectrum_keys"]

#: A frame shows the pellet's arcs: this many times its resistance wide; the blocking leg beyond is cut and counted.
_FRAME_OF_RESISTANCE = 1.6
#: Nothing is cut while the whole spectrum is at most this many frames large.
_UNCUT_FRAMES = 1.7
#: Spectra or arcs that differ by more than this factor in size get a frame of their own.
_ZOOM_FACTOR = 10.0
_NEAR_A_DECADE = 0.06
_SMOOTH_POINTS = 240


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


def _hover(spectrum: SpectrumResult) -> tuple[str, ...]:
    return tuple(f"{frequency_text(f)} · {spectrum.label} · {spectrum.origin.path}" for f in spectrum.frequency_Hz)


def _smooth_fit(spectrum: SpectrumResult) -> tuple[Array, ComplexArray]:
    """The fitted curve between the fitted frequencies, dense enough to be drawn as a line."""
    used = spectrum.frequency_Hz[spectrum.is_used]
    if not used.size or not spectrum.parameters:
        return np.empty(0), np.empty(0, dtype=complex)
    frequency_Hz = np.geomspace(used.max(), used.min(), _SMOOTH_POINTS)
    values = [parameter.fitted for parameter in spectrum.parameters]
    return frequency_Hz, parse_circuit(spectrum.circuit).impedance(frequency_Hz, values)


def _group(spectrum: SpectrumResult) -> str:
    return spectrum.label


# -- Nyquist -----------------------------------------------------------------------------------------------------------


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
        group=_group(spectrum),
        point_labels=_hover(spectrum),
        trace=spectrum.origin.path,
    )
    _, smooth = _smooth_fit(spectrum)
    fit = Series(
        label=f"fit {spectrum.circuit}" if is_alone else "fit",
        x=smooth.real,
        y=-smooth.imag,
        style="line",
        group=_group(spectrum),
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
    """One figure a spectrum: measured points, fit, decades, left-out points, residuals below; and a zoom where arcs differ much."""
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
            is_simulated=result.is_simulated,
        )
        figures.append(whole)
        small = _smallest_arc(spectrum)
        if small is not None:
            window = _Frame(x=(0.0, small), y=(0.0, 0.75 * small))
            figures.append(
                attrs.evolve(
                    whole,
                    key=f"nyquist_{key}_high_frequency",
                    title=f"{whole.title}, high frequencies",
                    caption="The same spectrum near the origin, where the fast arc lies. Equal axes; dots mark decades.",
                    panels=(_nyquist_panel(series, window, marks),),
                )
            )
    return tuple(figures)


def _smallest_arc(spectrum: SpectrumResult) -> float | None:
    """Width of a frame for the fast arc when it is drowned by a slow one; None when one frame shows both."""
    sizes = [e.resistance.value for e in spectrum.path if isinstance(e.resistance, Estimate)]
    total = _size(spectrum)
    if len(sizes) < 2 or total is None or sizes[0] * _ZOOM_FACTOR >= total:
        return None
    return 3.0 * sizes[0]


def nyquist_all_figures(result: ImpedanceResult) -> tuple[FigureSpec, ...]:
    """All spectra in one frame, and closer frames while spectra remain that are a tenth of the frame or less."""
    if len(result.spectra) < 2:
        return ()
    left = list(result.spectra)
    figures: list[FigureSpec] = []
    while left and len(figures) < 3:
        sizes = [s for s in (_size(spectrum) for spectrum in left) if s is not None]
        largest = max(sizes, default=None)
        series = [s for spectrum in result.spectra for s in _nyquist_series(spectrum, is_alone=False)]
        name = ("nyquist_all", "nyquist_all_zoom", "nyquist_all_zoom_2")[len(figures)]
        closer = f", up to {resistance_text(largest)}" if figures and largest is not None else ""
        figures.append(
            FigureSpec(
                key=name,
                title=f"Impedance of {result.sample}{closer}",
                caption=f"{'All spectra' if not figures else 'The same spectra, a closer frame'}; lines are the fits. Equal axes.",
                panels=(_nyquist_panel(tuple(series), _frame(largest, result.spectra)),),
                sample=result.sample,
                technique="impedance",
                is_simulated=result.is_simulated,
            )
        )
        left = [s for s in left if largest is not None and (_size(s) or math.inf) * _ZOOM_FACTOR < largest]
    return tuple(figures)


# -- Bode and Kramers-Kronig -------------------------------------------------------------------------------------------


def bode_figure(result: ImpedanceResult) -> FigureSpec:
    """|Z| and phase of all spectra with their fits."""
    size: list[Series] = []
    phase: list[Series] = []
    for spectrum in result.spectra:
        f_fit, fit = _smooth_fit(spectrum)
        z = spectrum.impedance_ohm
        for into, points, line in (
            (size, np.abs(z), np.abs(fit)),
            (phase, -np.degrees(np.angle(z)), -np.degrees(np.angle(fit))),
        ):
            measured = Series(
                label=spectrum.label, x=spectrum.frequency_Hz, y=points, group=_group(spectrum),
                point_labels=_hover(spectrum), trace=spectrum.origin.path,
            )  # fmt: skip
            into.append(measured)
            into.append(Series(label="fit", x=f_fit, y=line, style="line", group=_group(spectrum), is_in_legend=False))
    f = Axis(label="f", unit="Hz", scale="log")
    return FigureSpec(
        key="bode",
        title=f"Bode plot of {result.sample}",
        caption="Magnitude and phase of the impedance against frequency; lines are the fits.",
        panels=(
            Panel(x=f, y=Axis(label="|Z|", unit="ohm", scale="log"), series=tuple(size)),
            Panel(x=f, y=Axis(label="-φ", unit="deg"), series=tuple(phase)),
        ),
        shares_x=True,
        sample=result.sample,
        technique="impedance",
        is_simulated=result.is_simulated,
    )


def consistency_figure(result: ImpedanceResult) -> FigureSpec | None:
    """Residuals of the Kramers-Kronig test of all spectra; None when none was tested."""
    tested = [s for s in result.spectra if s.consistency is not None]
    if not tested:
        return None
    panels = []
    for part, label in (("real", "Δ real"), ("imag", "Δ imaginary")):
        series = []
        for spectrum in tested:
            found = spectrum.consistency
            if found is not None:
                percent = 100.0 * np.asarray(getattr(found.residual, part))
                series.append(Series(label=spectrum.label, x=found.frequency_Hz, y=percent, group=_group(spectrum)))
        panels.append(
            Panel(
                x=Axis(label="f", unit="Hz", scale="log"),
                y=Axis(label=label, unit="%"),
                series=tuple(series),
                height_share=0.49,
            )
        )
    return FigureSpec(
        key="kramers_kronig",
        title=f"Kramers-Kronig residuals of {result.sample}",
        caption="Measured minus Lin-KK (RC elements on a fixed grid, series inductance and capacitance), as a share of |Z|.",
        panels=tuple(panels),
        shares_x=True,
        sample=result.sample,
        technique="impedance",
        is_simulated=result.is_simulated,
    )
