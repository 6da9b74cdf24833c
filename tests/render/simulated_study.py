"""A study built by hand from the core classes, with simulated spectra of the pellets of Raj 2023. No fit is made here:
the lines are the exact curves, the uncertainties are plausible numbers. It feeds the tests of drawing, report and export."""

from __future__ import annotations

import hashlib
from typing import Any

import attrs
import numpy as np

from pelletry.core.figure import Axis, FigureSpec, Mark, Panel, Series
from pelletry.core.finding import Finding
from pelletry.core.provenance import FactUse, Lineage, Origin
from pelletry.core.quantity import Estimate, Quantity, Reported, Unresolved
from pelletry.core.sample import Pellet, Sample, Sintering
from pelletry.core.table import Table, TableColumn
from pelletry.core.technique import Presentation
from pelletry.reference.raj2023 import PublishedPellet, published_pellets
from pelletry.study.result import DataFile, SampleResult, StudyResult, Withheld
from pelletry.virtual.demo_latp_pellets import pellet_truth
from pelletry.virtual.spectrometer import (
    SpectrometerTruth,
    frequencies_log_spaced,
    impedance_ohm,
    measured_spectrum,
)

SIMULATED = "Simulated from the published values of Raj 2023"
TEMPERATURES_DEGC = (-40, -20, 0, 20, 40, 60, 80)
FREQUENCY_HZ = frequencies_log_spaced(highest_Hz=3e6, lowest_Hz=0.5, points_per_decade=10)
_INSTRUMENT = SpectrometerTruth(inductance_H=0.3e-6, noise_fraction=0.003, temperature_std_K=0.0)


@attrs.frozen(kw_only=True)
class HandMadeResult:
    sample: str
    quantities: tuple[Reported, ...]
    findings: tuple[Finding, ...] = ()
    facts: tuple[Any, ...] = ()
    lineage: Lineage = Lineage()


def spectrum(pellet: PublishedPellet, degC: float, seed: int = 1) -> tuple[Any, Any]:
    truth = pellet_truth(pellet)
    exact = impedance_ohm(pellet=truth, frequency_Hz=FREQUENCY_HZ, temperature_K=degC + 273.15, inductance_H=0.3e-6)
    random = np.random.default_rng([seed, int(degC) + 100])
    noisy = measured_spectrum(
        pellet=truth, instrument=_INSTRUMENT, frequency_Hz=FREQUENCY_HZ, set_temperature_K=degC + 273.15, random=random
    )
    return exact, noisy


def frequency_text(value: float) -> str:
    return f"{value / 1e6:.3g} MHz" if value >= 1e6 else f"{value / 1e3:.3g} kHz" if value >= 1e3 else f"{value:.3g} Hz"


def nyquist(pellet: PublishedPellet, degC: float = -20.0, *, window_ohm: float | None = None) -> FigureSpec:
    """One spectrum: fit, decade marks, a masked point and the residual strip."""
    exact, noisy = spectrum(pellet, degC)
    hover = tuple(f"{frequency_text(f)} · {degC:g} °C · {pellet.sample}.mpt" for f in FREQUENCY_HZ)
    decades = [10**k for k in range(1, 7)]
    marks = []
    for f in decades:
        z = exact[np.argmin(abs(np.log(FREQUENCY_HZ / f)))]
        marks.append(Mark(x=z.real, y=-z.imag, text=f"10^{round(np.log10(f))} Hz"))
    marks.append(Mark(x=noisy[30].real, y=-noisy[30].imag, style="cross"))
    limits = None if window_ohm is None else (0.0, window_ohm)
    top = Panel(
        x=Axis(label="Z'", unit="ohm", limits=limits),
        y=Axis(label="-Z''", unit="ohm", limits=None if limits is None else (0.0, 0.6 * limits[1])),
        series=(
            Series(label="measured", x=noisy.real, y=-noisy.imag, group="spectrum", point_labels=hover),
            Series(label="fit R(RQ)Q", x=exact.real, y=-exact.imag, style="line", group="spectrum"),
        ),
        marks=tuple(marks),
        has_equal_axes=True,
    )
    residual = 100 * (noisy - exact) / abs(exact)
    strip = Panel(
        x=Axis(label="f", unit="Hz", scale="log"),
        y=Axis(label="Δ", unit="%"),
        series=(
            Series(label="Δ real", x=FREQUENCY_HZ, y=residual.real, group="Δ real", point_labels=hover),
            Series(label="Δ imaginary", x=FREQUENCY_HZ, y=residual.imag, style="open_points", group="Δ imaginary"),
        ),
        height_share=0.25,
    )
    return FigureSpec(
        key=f"nyquist_{degC:g}", title=f"Impedance of {pellet.sample} at {degC:g} °C", sample=pellet.sample,
        caption="Nyquist plot with equal axes; dots mark decades of frequency, the cross a masked point. Below: residuals.",
        panels=(top, strip), technique="impedance", is_simulated=True,
    )  # fmt: skip


def nyquist_series(pellet: PublishedPellet) -> FigureSpec:
    """All temperatures in one frame."""
    series = []
    for t in TEMPERATURES_DEGC:
        exact, noisy = spectrum(pellet, t)
        hover = tuple(f"{frequency_text(f)} · {t:g} °C · {pellet.sample}.mpt" for f in FREQUENCY_HZ)
        series.append(Series(label=f"{t} °C", x=noisy.real, y=-noisy.imag, group=f"{t} °C", point_labels=hover))
        series.append(
            Series(label="fit", x=exact.real, y=-exact.imag, style="line", group=f"{t} °C", is_in_legend=False)
        )
    return FigureSpec(
        key="nyquist_all", title=f"Impedance of {pellet.sample}, {TEMPERATURES_DEGC[0]} to {TEMPERATURES_DEGC[-1]} °C",
        caption="Every temperature; lines are the fit.", sample=pellet.sample, technique="impedance", is_simulated=True,
        panels=(
            Panel(
                x=Axis(label="Z'", unit="ohm", limits=(0, 8000)), y=Axis(label="-Z''", unit="ohm", limits=(0, 5000)),
                series=tuple(series), has_equal_axes=True,
            ),
        ),
    )  # fmt: skip


def bode(pellet: PublishedPellet) -> FigureSpec:
    magnitude, phase = [], []
    for t in TEMPERATURES_DEGC:
        exact, noisy = spectrum(pellet, t)
        hover = tuple(f"{frequency_text(f)} · {t:g} °C · {pellet.sample}.mpt" for f in FREQUENCY_HZ)
        for into, points, line in (
            (magnitude, abs(noisy), abs(exact)),
            (phase, -np.degrees(np.angle(noisy)), -np.degrees(np.angle(exact))),
        ):
            into.append(Series(label=f"{t} °C", x=FREQUENCY_HZ, y=points, group=f"{t} °C", point_labels=hover))
            into.append(Series(label="", x=FREQUENCY_HZ, y=line, style="line", group=f"{t} °C", is_in_legend=False))
    f = Axis(label="f", unit="Hz", scale="log")
    return FigureSpec(
        key="bode", title=f"Bode plot of {pellet.sample}", caption="Magnitude and phase against frequency.",
        panels=(
            Panel(x=f, y=Axis(label="|Z|", unit="ohm", scale="log"), series=tuple(magnitude)),
            Panel(x=f, y=Axis(label="-φ", unit="deg"), series=tuple(phase)),
        ),
        shares_x=True, sample=pellet.sample, technique="impedance", is_simulated=True,
    )  # fmt: skip


def arrhenius(pellet: PublishedPellet) -> FigureSpec:
    t_k = np.array(TEMPERATURES_DEGC) + 273.15
    truth = pellet_truth(pellet)
    sigma_t = np.array([truth.total.conductivity_S_per_m(t) * t / 100 for t in t_k])
    random = np.random.default_rng(7)
    found = sigma_t * np.exp(0.02 * random.standard_normal(t_k.size))
    dense = np.linspace(t_k[0] - 4, t_k[-1] + 4, 60)
    line = np.array([truth.total.conductivity_S_per_m(t) * t / 100 for t in dense])
    hover = tuple(
        f"{t:g} °C · σT = {s:.3g} S K cm⁻¹ · {pellet.sample}.mpt" for t, s in zip(TEMPERATURES_DEGC, found, strict=True)
    )
    return FigureSpec(
        key="arrhenius", title=f"Arrhenius plot of {pellet.sample}", sample=pellet.sample, technique="impedance",
        caption="Total conductivity; the energy is that of ln(σT). The band is the 95 % interval of the line.",
        is_simulated=True,
        panels=(
            Panel(
                x=Axis(label="1000/T", unit="1/K"), y=Axis(label="σT", unit="S K/cm", scale="log"),
                x_top=Axis(label="T", unit="°C", top_of=tuple((1000 / t, f"{c}") for t, c in zip(t_k, TEMPERATURES_DEGC, strict=True))),
                series=(
                    Series(label="total", x=1000 / t_k, y=found, y_error=found * 0.04, group="total", point_labels=hover),
                    Series(label=f"fit, {pellet.activation_energy_eV:.2f} eV", x=1000 / dense, y=line, style="line", group="total"),
                    Series(label="", x=1000 / dense, y=line * 0.95, y_upper=line * 1.05, style="band", group="total", is_in_legend=False),
                ),
                marks=(Mark(x=1000 / 298.15, y=1.0, style="vertical", text="25 °C"),),
            ),
        ),
    )  # fmt: skip


def bars() -> FigureSpec:
    size = np.logspace(-1, 1.5, 24)
    share = np.exp(-0.5 * ((np.log(size) - np.log(3.1)) / 0.6) ** 2)
    return FigureSpec(
        key="particles", title="Particle size", caption="Volume-weighted.", is_simulated=True, width="double", arrangement="row",
        panels=(
            Panel(
                x=Axis(label="d", unit="µm", scale="log"), y=Axis(label="volume share", unit="%"),
                series=(Series(label="LATP", x=size, y=100 * share / share.sum(), style="bars"),), title="(a) as milled",
            ),
            Panel(
                x=Axis(label="d", unit="µm", scale="log"), y=Axis(label="cumulated", unit="%"),
                series=(Series(label="cumulated", x=size, y=100 * np.cumsum(share) / share.sum(), style="dashed"),),
                marks=(Mark(x=3.1, y=50.0, text="d₅₀", style="vertical"), Mark(x=0.2, y=50, text="50 %", style="horizontal")),
                title="(b) cumulated",
            ),
        ),
    )  # fmt: skip


def _origin(pellet: PublishedPellet) -> Origin:
    path = f"raw/{pellet.sample}.mpt"
    return Origin(
        path=path,
        sha256=hashlib.sha256(path.encode("utf-8", "surrogatepass")).hexdigest(),
        format="biologic-mpt",
        acquired_at="2022-03-01T10:00:00",
    )


def _quantities(pellet: PublishedPellet) -> tuple[Reported, ...]:
    truth = pellet_truth(pellet)

    def one(name: str, quantity: Quantity, **conditions: float) -> Reported:
        return Reported(
            sample=pellet.sample, technique="by hand", name=name, quantity=quantity, conditions=tuple(conditions.items()),
            flags=() if quantity.is_resolved else ("unresolved",),
        )  # fmt: skip

    found = []
    for t in TEMPERATURES_DEGC:
        s = truth.total.conductivity_S_per_m(t + 273.15)
        method = "R(RQ)Q fit, sigma = l/(R A), errors of fit and pellet"
        found.append(
            one(
                "conductivity_total",
                Estimate(value=s, std=0.04 * s, unit="S/m", method=method),
                temperature_K=t + 273.15,
            )
        )
        reason = "the grain arc peaks at 61 MHz; the window ends at 3 MHz"
        found.append(one("conductivity_bulk", Unresolved(reason=reason, unit="S/m"), temperature_K=t + 273.15))
    s = pellet.conductivity_25C_S_per_m
    found.append(
        one(
            "conductivity_total_25C",
            Estimate(
                value=s,
                std=0.05 * s,
                unit="S/m",
                method="interpolated along ln(sigma T)",
                interval_95=(0.9 * s, 1.11 * s),
            ),
            temperature_K=298.15,
        )
    )
    found.append(
        one(
            "activation_energy_total",
            Estimate(
                value=pellet.activation_energy_eV, std=0.004, unit="eV", method="weighted line through ln(sigma T)"
            ),
        )
    )
    found.append(
        one(
            "relative_density",
            Estimate(
                value=pellet.relative_density_fraction,
                std=0.011,
                unit="1",
                method="geometric over theoretical 2.94 g/cm3",
            ),
        )
    )
    return tuple(found)


def _sample_table(pellet: PublishedPellet, quantities: tuple[Reported, ...]) -> Table:
    total = [q for q in quantities if q.name == "conductivity_total"]
    bulk = [q for q in quantities if q.name == "conductivity_bulk"]
    return Table(
        key="conductivity", title="Conductivity at each temperature",
        columns=(
            TableColumn(key="temperature", title="Temperature", unit="K"),
            TableColumn(key="total", title="σ total", unit="S/m"),
            TableColumn(key="bulk", title="σ grain", unit="S/m"),
            TableColumn(key="circuit", title="Circuit"),
        ),
        rows=tuple(
            (float(t.condition("temperature_K") or 0.0), t.quantity, b.quantity, "R(RQ)Q")
            for t, b in zip(total, bulk, strict=True)
        ),
        traces=tuple(
            ("", f"{pellet.sample} conductivity_total at {c} °C", f"{pellet.sample} conductivity_bulk at {c} °C", "")
            for c in TEMPERATURES_DEGC
        ),
        notes=("The energy and the conductivities hold for the stated window.",), is_simulated=True,
    )  # fmt: skip


def _comparison(results: list[HandMadeResult], pellets: tuple[PublishedPellet, ...], names: list[str]) -> Table:
    rows = []
    for result, pellet, name in zip(results, pellets, names, strict=True):
        by_name = {q.name: q.quantity for q in result.quantities}
        rows.append((
            name, pellet.atmosphere, pellet.sintering_temperature_K, by_name["relative_density"],
            by_name["conductivity_total_25C"], by_name["activation_energy_total"], None,
        ))  # fmt: skip
    return Table(
        key="comparison", title="All pellets", rows=tuple(rows), is_simulated=True,
        columns=(
            TableColumn(key="sample", title="Sample"), TableColumn(key="atmosphere", title="Atmosphere"),
            TableColumn(key="sintering", title="Sintered at", unit="K"),
            TableColumn(key="density", title="Relative density", unit="1", kind="relative_density"),
            TableColumn(key="sigma", title="σ total, 25 °C", unit="S/m"),
            TableColumn(key="energy", title="Eₐ of ln(σT)", unit="eV", note="ln(σT) convention"),
            TableColumn(key="grain", title="Grain size", unit="m", kind="particle"),
        ),
        traces=tuple(("", "", "", f"{n} relative_density", f"{n} conductivity_total_25C", f"{n} activation_energy_total", "") for n in names),
        notes=("Interpolated along the Arrhenius line.",),
    )  # fmt: skip


def simulated_study(
    count: int = 14, *, name_of_first: str | None = None
) -> tuple[StudyResult, dict[tuple[str, str], Presentation]]:
    """The study and its presentations. ``name_of_first`` renames the first sample, to try hostile names."""
    pellets = published_pellets()[:count]
    if name_of_first is not None:
        pellets = (attrs.evolve(pellets[0], sample=name_of_first), *pellets[1:])
    results, shown, samples, files = [], {}, [], []
    for pellet in pellets:
        origin = _origin(pellet)
        quantities = _quantities(pellet)
        lineage = Lineage(
            origins=(origin,), settings=(("circuit", "R(RQ)Q"), ("weighting", "modulus")), references=("Raj2023", "Boukamp1995"),
            facts=(FactUse(name="thickness", value="0.465(3) mm", given_by="samples.csv"),), technique="impedance 1", version="0.1.0",
        )  # fmt: skip
        finding = Finding(
            code="bulk-unresolved", severity="warning", samples=(pellet.sample,), quantities=("conductivity_bulk",),
            sentence=f"{pellet.sample}: the grain arc lies above the window at every temperature; only the total is given.",
        )  # fmt: skip
        results.append(
            HandMadeResult(sample=pellet.sample, quantities=quantities, findings=(finding,), lineage=lineage)
        )
        shown[(pellet.sample, "by hand")] = Presentation(
            figures=(nyquist(pellet, window_ohm=9000.0), nyquist_series(pellet), bode(pellet), arrhenius(pellet)),
            tables=(_sample_table(pellet, quantities),),
            method_paragraph="Spectra were fitted with R(RQ)Q, weighted by the modulus; σ = l/(RA). Energies are those of ln(σT).",
            references=("Raj2023", "Boukamp1995"),
        )  # fmt: skip
        samples.append(Sample(
            name=pellet.sample, composition="Li1.4Al0.4Ti1.6(PO4)3", is_simulated=True,
            sintering=Sintering(temperature_K=pellet.sintering_temperature_K, dwell_s=pellet.dwell_s, atmosphere=pellet.atmosphere),
            pellet=Pellet(thickness_m=Estimate(value=465e-6, std=3e-6, unit="m", method="calliper")),
        ))  # fmt: skip
        files.append(
            DataFile(
                path=origin.path,
                sha256=origin.sha256,
                size_bytes=48211,
                format="biologic-mpt",
                technique="impedance",
                samples=(pellet.sample,),
                records=7,
                points=7 * FREQUENCY_HZ.size,
            )
        )
    files.append(
        DataFile(
            path="raw/notes.docx",
            sha256="0" * 64,
            size_bytes=11,
            status="unknown",
            reason="no reader knows this content",
        )
    )
    result = StudyResult(
        title="LATP pellets", folder="latp", samples=tuple(samples),
        results=tuple(SampleResult(sample=r.sample, technique="by hand", result=r) for r in results),
        comparison=_comparison(results, pellets, [p.sample for p in pellets]),
        findings=(
            *(f for r in results for f in r.findings),
            Finding(code="same-density", severity="info", sentence="98.1 % and 97.8 % at 1 % are not different.", samples=(pellets[0].sample,)),
            Finding(code="window", severity="notice", sentence="Points below 0.5 Hz were left out: the spectrum drifts there.", samples=(pellets[0].sample,)),
        ),
        withheld=(Withheld(what="conductivity", missing="thickness", do="give the thickness in samples.csv", samples=("P15",)),),
        files=tuple(files), settings=(("impedance.weighting", "modulus"), ("impedance.circuit", "chosen by AICc")),
        version="0.1.0", is_simulated=True, simulated_from=SIMULATED,
    )  # fmt: skip
    return result, shown
