"""Figures of one sample's impedance over frequency as data: Bode, Kramers-Kronig residuals; Nyquist and Arrhenius are next door."""

from __future__ import annotations

import numpy as np

from pelletry.core.arrays import Array, ComplexArray
from pelletry.core.figure import Axis, FigureSpec, Panel, Series
from pelletry.techniques.impedance.model.circuit import parse_circuit
from pelletry.techniques.impedance.result import ImpedanceResult, SpectrumResult
from pelletry.techniques.impedance.words import frequency_text

__all__ = ["bode_figure", "consistency_figure", "hover_texts", "smooth_fit"]

#: Points of a fitted curve: a semicircle over two decades gets twenty-five, whose strokes leave it by a twentieth of a millimetre.
_SMOOTH_POINTS = 100


def hover_texts(spectrum: SpectrumResult) -> tuple[str, ...]:
    """Frequency, temperature and file of each measured point."""
    return tuple(f"{frequency_text(f)} · {spectrum.label} · {spectrum.origin.path}" for f in spectrum.frequency_Hz)


def smooth_fit(spectrum: SpectrumResult) -> tuple[Array, ComplexArray]:
    """The fitted curve between the fitted frequencies, dense enough to be drawn as a line."""
    used = spectrum.frequency_Hz[spectrum.is_used]
    if not used.size or not spectrum.parameters:
        return np.empty(0), np.empty(0, dtype=complex)
    frequency_Hz = np.geomspace(used.max(), used.min(), _SMOOTH_POINTS)
    values = [parameter.fitted for parameter in spectrum.parameters]
    return frequency_Hz, parse_circuit(spectrum.circuit).impedance(frequency_Hz, values)


def bode_figure(result: ImpedanceResult) -> FigureSpec:
    """|Z| and phase of all spectra with their fits."""
    size: list[Series] = []
    phase: list[Series] = []
    for spectrum in result.spectra:
        f_fit, fit = smooth_fit(spectrum)
        f_fit, fit = f_fit[::2], fit[::2]  # along a logarithmic axis nothing bends sharply
        z = spectrum.impedance_ohm
        for into, points, line in (
            (size, np.abs(z), np.abs(fit)),
            (phase, -np.degrees(np.angle(z)), -np.degrees(np.angle(fit))),
        ):
            measured = Series(
                label=spectrum.label, x=spectrum.frequency_Hz, y=points, group=spectrum.label,
                point_labels=hover_texts(spectrum), trace=spectrum.origin.path,
            )  # fmt: skip
            into.append(measured)
            into.append(Series(label="fit", x=f_fit, y=line, style="line", group=spectrum.label, is_in_legend=False))
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
                series.append(Series(label=spectrum.label, x=found.frequency_Hz, y=percent, group=spectrum.label))
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
        is_detail=True,
        sample=result.sample,
        technique="impedance",
        is_simulated=result.is_simulated,
    )
