"""Do the line shapes, the Tougaard background and the shares agree with what other programs left in real files?

Claims held, on the files of PELLETRY_RAW_DATA:
- CasaXPS' SGL(30) components of FeO_analyzed.vms to 1e-4 of the component's height at the points through which CasaXPS draws
  (F/40 apart; between them it draws straight lines, which cut up to 5e-4 off the top);
- CasaXPS' U3 Tougaard background of that file to 0.5 % rms, from the parameters stored in the file;
- Ti3+ of LaSrTiO3.json: the 95 % interval holds the 6.6 % of the stored fit in every one of five windows.

Run: PELLETRY_RAW_DATA=/path python benchmarks/xps_casaxps.py
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from xps_speed import STATES, region

from pelletry.techniques.xps.model.average import fit_region, noise_of_scatter
from pelletry.techniques.xps.model.backgrounds import LossFunction, tougaard_background
from pelletry.techniques.xps.model.shapes import sgl_height

WINDOWS = ((450.0, 472.0), (451.0, 469.0), (452.0, 468.0), (453.0, 470.0), (454.0, 467.0))


def main() -> int:
    folder = Path(os.environ.get("PELLETRY_RAW_DATA", "")) / "xps_vamas"
    path = folder / "FAIRmat-NFDI+pynxtools-xps" / "FeO_analyzed_lineshapes_cols.txt"
    if not path.exists():
        print("PELLETRY_RAW_DATA does not name the folder of real instrument files")
        return 1
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()[8:] if line.strip()]
    table = np.array([[float(cell) if cell.strip() else np.nan for cell in row] for row in rows])[::-1]
    energy, rate, under = table[:, 9], table[:, 10], table[:, 15]
    failures = 0
    for column, position, fwhm in ((12, 716.0, 8.0), (14, 729.88788, 7.8295407)):
        curve = table[:, column] - under
        knots = np.arange(-1600, 1601) * fwhm / 40.0
        drawn = np.interp(energy - position, knots, sgl_height(knots, fwhm_eV=fwhm, mixing_percent=30.0))
        exact = sgl_height(energy - position, fwhm_eV=fwhm, mixing_percent=30.0)
        errors = [np.abs(curve - (s @ curve) / (s @ s) * s).max() / curve.max() for s in (drawn, exact)]
        failures += errors[0] > 1e-4
        print(
            f"SGL(30) at {position:.1f} eV: {errors[0]:.1e} of its height as CasaXPS draws it, {errors[1]:.1e} as a smooth curve"
        )
    inside = (energy >= 699.8469 - 1e-6) & (energy <= 749.08919 + 1e-6)
    found = tougaard_background(
        energy[inside],
        rate[inside],
        end_points=7,
        function=LossFunction(scale_eV2=335.44588, c_eV2=551.0, d_eV2=436.0, gap_eV=3.0),
    )
    rms = np.sqrt(np.mean((found.background - under[inside]) ** 2)) / under[inside].mean()
    failures += rms > 0.005
    print(f"U3 Tougaard background: {100 * rms:.2f} % rms of its mean")
    energy, rate = region()
    sigma = np.full(len(rate), noise_of_scatter(rate))
    for window in WINDOWS:
        one = fit_region(STATES, energy, rate, sigma, window_eV=window, is_counting=False)
        value, std = one.fraction[1], one.fraction_std[1]
        failures += not value - 1.96 * std < 0.066 < value + 1.96 * std
        print(
            f"Ti3+ in {window[0]:g} to {window[1]:g} eV: {100 * value:.1f} ± {100 * one.fraction_fit_std[1]:.1f} (fit) ± "
            f"{100 * one.fraction_background_std[1]:.1f} (background) %, 95 % from {100 * (value - 1.96 * std):.1f} to {100 * (value + 1.96 * std):.1f} %"
        )
    print("claims held" if not failures else "NOT HELD")
    return 1 if failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
