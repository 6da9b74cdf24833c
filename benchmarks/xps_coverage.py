"""Do the intervals of chemical-state fractions hold the truth when nobody knows the background?

Regions are simulated with backgrounds that are none of the models: a step behind the lines, losses behind a random gap and a
random slope in random parts, 1e3 to 5e4 counts at the top, four levels (Ti 2p, Zr 3d, P 2p, O 1s), a second state of 4 to 40 % at 1.3 to
2.5 eV, random widths and windows; a third of the regions reaches far enough for a Tougaard background. Line shapes and the number of
states are those of the fit: only the background is unknown.

Claim held: 90 to 98 % of the 95 % intervals of the averaged fraction hold the truth. Beside it the same for each background alone
with the error of its own fit, which is what is usually printed.

Run: python benchmarks/xps_coverage.py [regions a seed] [seeds]
"""

from __future__ import annotations

import sys
import time

import numpy as np

from pelletry.core.arrays import Array
from pelletry.techniques.xps.model.average import AveragedRegion, fit_region, standard_deviations
from pelletry.techniques.xps.model.backgrounds import cumulative_integral
from pelletry.techniques.xps.model.components import Component
from pelletry.techniques.xps.model.shapes import voigt

#: Level -> position, splitting, ratio, whether the partner is wider, window.
LEVELS = {
    "Ti 2p": (459.0, 5.7, 0.496, True, (450.0, 474.0)),
    "Zr 3d": (184.0, 2.4, 0.688, False, (175.0, 194.0)),
    "P 2p": (134.0, 0.87, 0.511, False, (125.0, 144.0)),
    "O 1s": (531.0, None, 1.0, False, (522.0, 542.0)),
}
BACKGROUNDS = ("active", "shirley", "linear", "tougaard")


def simulated(
    rng: np.random.Generator, parts: tuple[float, float, float] | None = None
) -> tuple[float, tuple[Component, ...], Array, Array, tuple[float, float]]:
    """The true share of the second state, the components to fit, energies, counts and the window.

    ``parts`` are those of step, losses and slope in the background; None: random.
    """
    level = list(LEVELS)[rng.integers(len(LEVELS))]
    first, splitting, ratio, is_wide, (low, high) = LEVELS[level]
    if rng.random() < 1 / 3:
        high += 32.0
    share = rng.uniform(0.04, 0.4)
    apart = rng.uniform(1.3, 2.5) * (1.0 if level == "O 1s" and rng.random() < 0.5 else -1.0)
    energy = np.arange(low - 3.0, high + 3.05, 0.1)
    gauss, lorentz = rng.uniform(0.8, 1.4), rng.uniform(0.1, 0.6)
    lines = np.zeros_like(energy)
    for area, position in ((1.0 - share, first), (share, first + apart)):
        at = position + rng.normal(0.0, 0.1)
        partner = () if splitting is None else ((at + splitting, ratio, lorentz + 0.8 * is_wide),)
        for place, factor, width in ((at, 1.0, lorentz), *partner):
            lines += area * factor * voigt(energy, np.array([place]), np.array([gauss]), np.array([width]))[0][0]
    top = 10 ** rng.uniform(3.0, 4.7)
    lines *= top / lines.max()
    mixed = rng.dirichlet([1.0, 1.0, 1.0])
    step, losses, slope = mixed if parts is None else parts
    height = 3.0 * rng.uniform(0.0, 0.25) * top
    behind = cumulative_integral(energy, lines) / cumulative_integral(energy, lines)[-1]
    loss = energy[:, None] - energy[None, :]
    lost = np.where(loss > rng.uniform(0.0, 4.0), loss / (1643.0 + loss**2) ** 2, 0.0) @ lines
    near = lost[energy <= LEVELS[level][4][1] + 3.0].max()  # how high the losses stand at the end of an ordinary window
    tilt = 3.0 * rng.normal(0.0, 0.03) * top * slope * (energy - energy[0]) / (energy[-1] - energy[0])
    rate = lines + rng.uniform(0.15, 1.5) * top + height * (step * behind + losses * lost / near) + tilt
    counts = rng.poisson(np.maximum(rate, 1.0)).astype(float)
    components = tuple(
        Component(
            name=name, level=level, position_eV=place, position_range_eV=1.0, splitting_eV=splitting, ratio=ratio,
            has_wide_partner=is_wide, width_group=level,
        )
        for name, place in (("first", first), ("second", first + apart))
    )  # fmt: skip
    window = (low + rng.uniform(-1.0, 2.0), high + rng.uniform(-2.0, 1.0))
    return share, components, energy, counts, window


def alone(found: AveragedRegion, name: str) -> tuple[float, float] | None:
    """Fraction and its own fit error under one background in the window as given."""
    first = (found.variants[0].low_eV, found.variants[0].high_eV)
    variant = next((v for v in found.variants if v.background == name and (v.low_eV, v.high_eV) == first), None)
    if variant is None or not np.isfinite(variant.fraction[1]):
        return None
    return float(variant.fraction[1]), float(variant.fraction_std[1])


def regime(parts: tuple[float, float, float], *, count: int) -> float:
    """Coverage of the average where the background is one thing alone."""
    rng = np.random.default_rng(77)
    held = 0
    for _ in range(count):
        share, components, energy, counts, window = simulated(rng, parts)
        found = fit_region(components, energy, counts, standard_deviations(counts), window_eV=window, is_counting=True)
        held += abs(float(found.fraction[1]) - share) <= 1.96 * float(found.fraction_std[1])
    return held / count


def main(regions: int, seeds: int) -> int:
    held: dict[str, list[bool]] = {name: [] for name in ("average", *BACKGROUNDS)}
    errors: dict[str, list[float]] = {name: [] for name in held}
    widths: list[float] = []
    began = time.process_time()
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        before = len(held["average"])
        for _ in range(regions):
            share, components, energy, counts, window = simulated(rng)
            found = fit_region(
                components, energy, counts, standard_deviations(counts), window_eV=window, is_counting=True
            )
            value, std = float(found.fraction[1]), float(found.fraction_std[1])
            held["average"].append(abs(value - share) <= 1.96 * std)
            errors["average"].append(value - share)
            widths.append(std)
            for name in BACKGROUNDS:
                single = alone(found, name)
                if single is not None:
                    held[name].append(abs(single[0] - share) <= 1.96 * single[1])
                    errors[name].append(single[0] - share)
        coverage = 100.0 * np.mean(held["average"][before:])
        print(f"seed {seed}: {coverage:.1f} % of {regions} intervals of the average hold the truth")
    cpu = (time.process_time() - began) / (regions * seeds)
    for name, found_in in held.items():
        rms = 100.0 * np.sqrt(np.mean(np.square(errors[name])))
        middle = 100.0 * np.median(np.abs(errors[name]))
        what = "with its background spread" if name == "average" else "with the error of its fit"
        print(
            f"{name:9s} {what:27s} {100 * np.mean(found_in):5.1f} % of {len(found_in)}; error rms {rms:.2f} %, median {middle:.2f} %"
        )
    print(
        f"median standard deviation of the average {100 * np.median(widths):.2f} %; {1e3 * cpu:.0f} ms CPU a region, all variants"
    )
    for name, parts in (("a step", (1.0, 0.0, 0.0)), ("losses", (0.0, 1.0, 0.0)), ("a slope", (0.0, 0.0, 1.0))):
        alone_in = regime(parts, count=max(regions // 2, 1))
        print(f"no claim: where the background is {name} alone {100 * alone_in:.0f} % of {max(regions // 2, 1)}")
    is_held = 0.90 <= np.mean(held["average"]) <= 0.98
    print(f"claim 90 to 98 % of all: {'held' if is_held else 'NOT HELD'}")
    return 0 if is_held else 1


if __name__ == "__main__":
    asked = [int(text) for text in sys.argv[1:]]
    raise SystemExit(main(*(asked + [200, 3][len(asked) :])))
