"""Do the 95 % intervals of a whole study hold the truth 95 % of the time? From spectra and calliper to energies.

Pellets of random conductors are measured by a virtual spectrometer and calliper at seven temperatures: noise, cable,
thermometer scatter, calliper, balance. Thickness and diameter are given as three readings for every second pair of pellets,
else as one with its standard uncertainty; quantities that they enter are listed apart ("3 readings", "stated"). Each pellet
is analysed as a study does it, circuit not given, errors of the thermometer stated as they are. Counted is how many nominal 95 % intervals of each
reported quantity hold the truth; a quantity that is withheld does not count. Three sets of pellets:

series     R(RQ)Q: grains far above the window, one grain-boundary arc, blocking leg
two arcs   (RQ)(RQ)Q: grains inside the window (a poor conductor), so bulk and boundary both count
misfit     what real pellets do to such circuits: grains with a capacitance that only just shows, boundary exponent drifting
           by 0.03 and capacitance by 20 % over the range; circuits of the library cannot follow that exactly

Four pellets of nine have a total that follows one Arrhenius law, the others have grains and boundaries that follow one each (their
total is then not quite straight, and its energy has no truth and is not counted).

Claim held: for series and two arcs, 90-98 % of the intervals of every quantity hold the truth, also of each kind of sizes alone,
and each quantity has at least 500 intervals. Behind each share stands its own 95 % counting interval; intervals of one pellet
share its geometry, so that counting is by pellets (variance of a ratio over clusters, Wilson's interval with the effective
number). For the misfit set the figures are printed; limits are told in docs/methods/impedance.md. L beside a plain R is the
cable's inductance less R^2 C of the grains, as that page defines it. It takes about 11 minutes of CPU.

Run: python benchmarks/coverage_study.py [--quick] [series] [two-arcs] [misfit]
"""

from __future__ import annotations

import math
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import attrs
import numpy as np

from pelletry.core.facts import PelletGeometry, TheoreticalDensity
from pelletry.core.provenance import Origin
from pelletry.core.quantity import Estimate, Reported
from pelletry.core.sample import Pellet, Sample
from pelletry.core.technique import Inputs
from pelletry.study.cells import read_cell
from pelletry.techniques.density.analyse import analyse as analyse_density
from pelletry.techniques.density.settings import DensitySettings
from pelletry.techniques.impedance.analyse import analyse
from pelletry.techniques.impedance.measurement import ImpedanceSpectrum
from pelletry.techniques.impedance.model.arrhenius import ArrheniusFit
from pelletry.techniques.impedance.result import PartLine
from pelletry.techniques.impedance.settings import ImpedanceSettings

K_EV_PER_K = 8.617333262e-5
FREQUENCY_HZ = np.logspace(6, -1, 71)
TEMPERATURES_K = np.arange(-40, 81, 20) + 273.15
THERMOMETER_STD_K, CABLE_H = 0.3, 0.3e-6
LOWEST, HIGHEST, FEWEST = 90.0, 98.0, 500
#: Pellets of each set: enough that the rarest quantities, the energies of total and boundary, have 500 intervals.
SETS = {"series": 1150, "two arcs": 1150, "misfit": 300}
PELLETS_A_PIECE = 20


@attrs.frozen(kw_only=True)
class Truth:
    """One pellet. Resistances follow R(T) of laws (conductivity at 25 degC times T, energy); the third is the rest."""

    thickness_m: float
    diameter_m: float
    mass_kg: float
    total: tuple[float, float] | None
    grain: tuple[float, float]
    boundary: tuple[float, float] | None
    grain_F: float
    grain_n: float
    boundary_F: float
    boundary_n: float
    electrode: tuple[float, float]
    drift: float
    noise: float

    @property
    def constant_per_m(self) -> float:
        return self.thickness_m / (math.pi / 4 * self.diameter_m**2)

    def resistances(self, temperature_K: float) -> tuple[float, float]:
        """Grain and boundary. [ohm]"""

        def of(law: tuple[float, float]) -> float:
            sigma = law[0] * 298.15 / temperature_K * math.exp(-law[1] / K_EV_PER_K * (1 / temperature_K - 1 / 298.15))
            return self.constant_per_m / sigma

        grain = of(self.grain)
        if self.boundary is not None:
            return grain, of(self.boundary)
        if self.total is None:
            raise ValueError("neither the boundary nor the total follows a law")
        return grain, of(self.total) - grain

    def boundary_at(self, temperature_K: float) -> tuple[float, float]:
        """Capacitance [F] and exponent at a temperature; both drift in the misfit set."""
        along = (temperature_K - 293.15) / 120.0
        return self.boundary_F * (1.0 + 0.2 * self.drift * along), self.boundary_n - 0.03 * self.drift * along


def random_truth(which: str, random: np.random.Generator, *, has_total_law: bool) -> Truth:
    def even(low: float, high: float) -> float:
        return float(math.exp(random.uniform(math.log(low), math.log(high))))

    scale = 1.0 if which != "two arcs" else 3e-4
    grain = (0.3 * even(0.3, 3.0) * scale, random.uniform(0.26, 0.32))
    ratio, extra = even(0.05, 0.5), random.uniform(0.03, 0.10)
    total, boundary = None, None
    if has_total_law:
        total = (grain[0] * ratio / (1 + ratio), grain[1] + 0.5 * extra)
    else:
        boundary = (grain[0] * ratio, grain[1] + extra)
    n_grain = random.uniform(0.92, 1.0) if which == "two arcs" else 1.0
    capacitance = {"series": 1e-15, "two arcs": even(5e-12, 2e-11), "misfit": even(5e-12, 2e-11)}[which]
    thickness, diameter = random.uniform(0.5e-3, 2e-3), random.uniform(8e-3, 12e-3)
    return Truth(
        thickness_m=thickness,
        diameter_m=diameter,
        mass_kg=random.uniform(0.85, 0.98) * 2940.0 * math.pi / 4 * diameter**2 * thickness,
        total=total,
        grain=grain,
        boundary=boundary,
        grain_F=capacitance,
        grain_n=n_grain,
        boundary_F=even(5e-10, 5e-9),
        boundary_n=random.uniform(0.85, 0.97),
        electrode=(even(1e-6, 1e-5), random.uniform(0.75, 0.92)),
        drift=1.0 if which == "misfit" else 0.0,
        noise=even(0.002, 0.01),
    )


def measured(
    truth: Truth, random: np.random.Generator, readings: int
) -> tuple[list[ImpedanceSpectrum], list[float], Sample, PelletGeometry]:
    """Spectra with the true temperature of each, and the pellet as calliper and balance give it."""
    spectra, really = [], []
    s = 2j * np.pi * FREQUENCY_HZ
    for temperature_K in TEMPERATURES_K:
        really.append(float(temperature_K + THERMOMETER_STD_K * random.standard_normal()))
        grain, boundary = truth.resistances(really[-1])
        capacitance, n = truth.boundary_at(really[-1])
        z = s * CABLE_H + grain / (1 + (s * grain * truth.grain_F) ** truth.grain_n)
        z = z + boundary / (1 + (s * boundary * capacitance) ** n)
        z = z + 1 / (truth.electrode[0] * s ** truth.electrode[1])
        z = z + truth.noise * abs(z) * (random.standard_normal(s.size) + 1j * random.standard_normal(s.size))
        spectra.append(
            ImpedanceSpectrum(
                name=f"{temperature_K:g} K",
                origin=Origin(path=f"{temperature_K:g}K.z", sha256="0" * 64, format="zplot"),
                frequency_Hz=FREQUENCY_HZ[:],
                impedance_ohm=z,
                file_row=np.arange(s.size),
                temperature_K=float(temperature_K),
                temperature_source="header",
                temperature_is_confirmed=True,
            )
        )
    thickness, diameter = (_calliper(size_m, random, readings) for size_m in (truth.thickness_m, truth.diameter_m))
    mass = truth.mass_kg + 1e-7 * random.standard_normal()
    area = Estimate(
        value=math.pi / 4 * diameter.value**2,
        std=math.pi / 2 * diameter.value * (diameter.std or 0.0),
        unit="m2",
        method="from diameter",
        degrees_of_freedom=diameter.degrees_of_freedom,
    )
    pellet = Pellet(
        mass_kg=Estimate(value=mass, std=1e-7, unit="kg", method="as stated"),
        diameter_m=diameter,
        thickness_m=thickness,
        electrode_area_m2=area,
    )
    geometry = PelletGeometry(sample="P", given_by="calliper", thickness_m=thickness, electrode_area_m2=area)
    return spectra, really, Sample(name="P", pellet=pellet), geometry


def _calliper(size_m: float, random: np.random.Generator, readings: int) -> Estimate:
    """One size as it stands in samples.csv: some readings of 20 um scatter, or one with its uncertainty."""
    read = [f"{1e3 * size_m + 0.02 * x:.3f}" for x in random.standard_normal(readings)]
    cell = f"{read[0]} ± 0.020 mm" if readings == 1 else "; ".join(read) + " mm"
    return read_cell(cell, unit="m", where="benchmark").estimate


def conclusions(truth: Truth, lines: Sequence[PartLine]) -> dict[str, float]:
    """What the lines should give.

    A law that is straight in ln(sigma T) is not quite so in ln(sigma): its energy there is the slope of the line with the
    same weights through the same, exact points.
    """
    laws = {"total": truth.total, "bulk": truth.grain, "grain_boundary": truth.boundary}
    found = {}
    for part, law in laws.items():
        if law is not None:
            found[f"conductivity_{part}_25C"] = law[0]
            found[f"activation_energy_{part}"] = law[1]
            lower = [_slope_of_ln_T(fit) for line in lines for fit in line.fits if line.part == part]
            if lower:
                found[f"activation_energy_{part}_ln_sigma"] = law[1] - lower[-1]
    if truth.total is None:
        grain, boundary = truth.resistances(298.15)
        found["conductivity_total_25C"] = truth.constant_per_m / (grain + boundary)
    return found


def _slope_of_ln_T(fit: ArrheniusFit) -> float:
    """d ln T / d(-1/kT) over the points of a line, with its weights: about kT. [eV]"""
    weight = np.ones_like(fit.relative_std) if np.isnan(fit.relative_std).any() else fit.relative_std**-2
    x = -1 / (K_EV_PER_K * fit.temperature_K)
    x = x - np.average(x, weights=weight)
    return float(np.sum(weight * x * np.log(fit.temperature_K)) / np.sum(weight * x * x))


def of_spectrum(truth: Truth, which: str, nominal_K: float, really_K: float, circuit: str) -> dict[str, float]:
    """What one spectrum should give; parameters only where the fitted circuit is that of the truth."""
    grain, boundary = truth.resistances(really_K)
    at_nominal = truth.resistances(nominal_K)
    capacitance, n = truth.boundary_at(really_K)
    found = {"resistance_total": grain + boundary, "conductivity_total": truth.constant_per_m / sum(at_nominal)}
    found["resistance_bulk"], found["resistance_grain_boundary"] = grain, boundary
    found["conductivity_bulk"] = truth.constant_per_m / at_nominal[0]
    found["conductivity_grain_boundary"] = truth.constant_per_m / at_nominal[1]
    found["blocking_factor"] = boundary / (grain + boundary)
    found["capacitance_electrode"] = _brug(grain + boundary, *truth.electrode)
    plain = circuit.removeprefix("L")
    arcs = []
    if plain == "R(RQ)Q" and which != "two arcs":
        found["resistance_R1"], found["resistance_R2"] = grain, boundary
        arcs = [(boundary, capacitance, n)]
    elif plain == "(RQ)(RQ)Q" and which == "two arcs":
        found["resistance_R1"], found["resistance_R2"] = grain, boundary
        arcs = [(grain, truth.grain_F, truth.grain_n), (boundary, capacitance, n)]
    if arcs:
        if circuit != plain:
            found["parameter_L1"] = CABLE_H - (grain**2 * truth.grain_F if plain == "R(RQ)Q" else 0.0)
        for i, (resistance, farad, exponent) in enumerate(arcs, start=1):
            found[f"parameter_Q{i}"] = (resistance * farad) ** exponent / resistance
            found[f"parameter_n{i}"] = exponent
            found[f"capacitance_arc{i}"] = farad
            found[f"peak_frequency_arc{i}"] = 1 / (2 * math.pi * resistance * farad)
        found[f"parameter_Q{len(arcs) + 1}"], found[f"parameter_n{len(arcs) + 1}"] = truth.electrode
    return found


def _brug(resistance: float, q: float, n: float) -> float:
    return float((q * resistance ** (1 - n)) ** (1 / n))


Outcome = tuple[str, bool, float]


def outcomes(which: str, number: int) -> list[Outcome]:
    """Of one pellet: (quantity, does its interval hold the truth, deviation in units of its standard deviation)."""
    random = np.random.default_rng([sorted(SETS).index(which), number])
    truth = random_truth(which, random, has_total_law=number % 9 < 4)
    readings = (1, 3)[number // 9 % 2]
    geometry_given = " (stated)" if readings == 1 else " (3 readings)"
    spectra, really, sample, geometry = measured(truth, random, readings)
    settings = ImpedanceSettings(temperature_std_K=THERMOMETER_STD_K, global_fit="never")
    result = analyse(spectra, Inputs(sample=sample, facts=(geometry,), settings=settings))
    per_file = {
        spectrum.origin.path: of_spectrum(truth, which, float(nominal), actual, spectrum.circuit)
        for spectrum, nominal, actual in zip(result.spectra, TEMPERATURES_K, really, strict=True)
    }
    found = [("circuit " + result.spectra[0].circuit, True, math.nan)]
    found += _compared(result.quantities, conclusions(truth, result.lines), per_file, geometry_given)
    stated = 2940.0 * (1 + 0.005 * random.standard_normal())
    theoretical = TheoreticalDensity(
        sample="P",
        given_by="study.toml",
        density_kg_per_m3=Estimate(value=stated, std=0.005 * stated, unit="kg/m3", method="as stated"),
        source="benchmark",
    )
    density = analyse_density((), Inputs(sample=sample, facts=(theoretical,), settings=DensitySettings()))
    volume = math.pi / 4 * truth.diameter_m**2 * truth.thickness_m
    wanted = {"relative_density": truth.mass_kg / volume / 2940.0, "density": truth.mass_kg / volume}
    return [*found, *_compared(density.quantities, wanted, {}, geometry_given)]


def _compared(
    quantities: Sequence[Reported],
    true_of: dict[str, float],
    per_file: dict[str, dict[str, float]],
    geometry_given: str,
) -> Iterator[Outcome]:
    for reported in quantities:
        file = dict(reported.conditions).get("file")
        known = true_of if file is None else per_file[str(file)]
        quantity = reported.quantity
        if reported.name not in known or not isinstance(quantity, Estimate) or quantity.std is None:
            continue
        low, high = quantity.interval or (-math.inf, math.inf)
        off = (quantity.value - known[reported.name]) / quantity.std if quantity.std else math.nan
        is_geometric = reported.name.startswith(("conductivity", "density", "relative_density"))
        yield reported.name + geometry_given * is_geometric, low <= known[reported.name] <= high, off


def _piece(work: tuple[str, int, int]) -> list[list[Outcome]]:
    which, first, last = work
    return [outcomes(which, number) for number in range(first, last)]


def counting_interval(hits: Sequence[int], counts: Sequence[int]) -> tuple[float, float]:
    """95 % interval of the share, in percent, from hits and counts of each pellet."""
    hit, count = np.array(hits, dtype=float), np.array(counts, dtype=float)
    share, whole = float(hit.sum() / count.sum()), float(count.sum())
    variance = float(np.sum((hit - share * count) ** 2)) / whole**2
    effective = min(share * (1 - share) / variance, whole) if variance > 0 else float(len(hits))
    middle = (share + 1.92 / effective) / (1 + 3.84 / effective)
    half = 1.96 / (1 + 3.84 / effective) * math.sqrt(share * (1 - share) / effective + 0.96 / effective**2)
    return 100 * max(middle - half, 0.0), 100 * min(middle + half, 1.0)


def _quantity(name: str) -> str:
    """The quantity of a row, whatever the kind of sizes."""
    return name.partition(" (")[0]


def table(which: str, found: Sequence[Sequence[Outcome]], *, is_claimed: bool) -> int:
    """Print the shares of one set; the number of quantities outside the claim, or with too few intervals for it."""
    hits: dict[str, list[int]] = defaultdict(list)
    counts: dict[str, list[int]] = defaultdict(list)
    off: dict[str, list[float]] = defaultdict(list)
    for of_pellet in found:
        names = [name for name, _, _ in of_pellet]
        for name in dict.fromkeys(names):
            hits[name].append(sum(is_held for other, is_held, _ in of_pellet if other == name))
            counts[name].append(names.count(name))
        for name, _, deviation in of_pellet:
            off[name].append(deviation)
    print(
        f"{which}: {len(found)} pellets x {len(TEMPERATURES_K)} temperatures; share of 95 % intervals that hold the truth"
    )
    print(
        f"    {'quantity':48s}{'intervals':>10s}{'pellets':>9s}{'share':>9s}   {'counting 95 %':16s}{'median off':>10s}"
    )
    outside = 0
    whole: dict[str, int] = defaultdict(int)
    for name in hits:
        whole[_quantity(name)] += sum(counts[name])
    for name in sorted(hits):
        number = sum(counts[name])
        if name.startswith("circuit "):
            print(f"    {name:48s}{'':10s}{number:9d}")
            continue
        share = 100 * sum(hits[name]) / number
        low, high = counting_interval(hits[name], counts[name])
        mark = "" if LOWEST <= share <= HIGHEST else "  <-- outside"
        mark += "" if whole[_quantity(name)] >= FEWEST else f"  <-- fewer than {FEWEST}"
        outside += bool(mark)
        print(
            f"    {name:48s}{number:10d}{len(hits[name]):9d}{share:7.1f} %   {low:5.1f} - {high:5.1f}   "
            f"{np.nanmedian(off[name]):9.2f}{mark}"
        )
    return outside if is_claimed else 0


def main() -> int:
    asked = [which for which in SETS if which.replace(" ", "-") in sys.argv] or list(SETS)
    outside = 0
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        for which in asked:
            pellets = 20 if "--quick" in sys.argv else SETS[which]
            work = [(which, n, min(n + PELLETS_A_PIECE, pellets)) for n in range(0, pellets, PELLETS_A_PIECE)]
            found = [of_pellet for piece in pool.map(_piece, work) for of_pellet in piece]
            outside += table(which, found, is_claimed=which != "misfit")
    print("claim 90-98 %: " + ("held" if not outside else f"NOT HELD by {outside} quantities"))
    return 1 if outside else 0


if __name__ == "__main__":
    raise SystemExit(main())
