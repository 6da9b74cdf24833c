"""Green bodies of the demo study ``latp`` in a dilatometer: shrinkages of Raj 2023.

Temperatures, energy and swelling are assumed (:data:`pelletry.virtual.demo_latp.ASSUMED`).
"""

from __future__ import annotations

from pathlib import Path

from pelletry.reference.raj2023 import published_shrinkages
from pelletry.virtual.demo_kit import FileRow, Written
from pelletry.virtual.demo_latp_pellets import COMPOSITION, GREEN_DENSITY_FRACTION, random_of
from pelletry.virtual.dilatometer import DilatometerTruth, GreenBody, measured_trace, netzsch_text, program

__all__ = ["bodies", "written_bodies"]

_LENGTH_M, _TOP_K, _DWELL_S = 10e-3, 1273.15, 1800.0
_SINTERING_K = {"LATP": 1093.15, "LATPBM": 1023.15}
_EXPANSION_PER_K = 8.83e-6  # the mean of the axes of the virtual thermodiffraction
_SWELLING_PER_K = 120e-6
_DILATOMETER = DilatometerTruth(drift_m_per_K=40e-9)


def bodies() -> tuple[tuple[str, str, GreenBody], ...]:
    """(powder, atmosphere, body) of the four runs: each ends at the published shrinkage, thermal expansion apart."""
    found = []
    for published in published_shrinkages():
        swelling = 0.0 if published.turn_K is None else _SWELLING_PER_K * (_TOP_K - published.turn_K)
        densest = GREEN_DENSITY_FRACTION / (1.0 + published.strain_fraction - swelling) ** 3
        body = GreenBody(
            name=f"{published.powder} body {published.atmosphere}",
            length_m=_LENGTH_M,
            green_fraction=GREEN_DENSITY_FRACTION,
            densest_fraction=densest,
            sintering_K=_SINTERING_K[published.powder],
            expansion_per_K=_EXPANSION_PER_K,
            swelling_K=published.turn_K,
            swelling_per_K=_SWELLING_PER_K,
        )
        found.append((published.powder, published.atmosphere, body))
    return tuple(found)


def written_bodies(raw: Path) -> Written:
    """Four green bodies to 1000 degC and back, and the same program without a body."""
    (raw / "dil").mkdir()
    time_s, temperature_K = program(
        rate_K_per_s=2.5 / 60, top_K=_TOP_K, dwell_s=_DWELL_S, cooling_K_per_s=5.0 / 60, points=1500
    )
    rows = []
    for powder, atmosphere, body in bodies():
        file = f"dil/{body.name.replace(' ', '_')}.txt"
        trace = measured_trace(
            body, _DILATOMETER, time_s=time_s, temperature_K=temperature_K, random=random_of(body.name)
        )
        (raw / file).write_bytes(netzsch_text(trace, name=body.name, length_m=_LENGTH_M))
        rows.append(
            {
                "sample": body.name,
                "composition": COMPOSITION,
                "made_of": powder,
                "heating_rate": "2.5 K/min",
                "atmosphere": atmosphere,
                "green_relative_density": f"{100 * GREEN_DENSITY_FRACTION:.1f}(5) %",
                "dilatometer_length": f"{1e3 * _LENGTH_M:.2f}(1) mm",
                "files": f"raw/{file}",
                "notes": "simulated body in a dilatometer",
            }
        )
    blank = measured_trace(
        bodies()[0][2], _DILATOMETER, time_s=time_s, temperature_K=temperature_K, random=random_of("blank"), is_blank=True
    )  # fmt: skip
    (raw / "dil" / "blank.txt").write_bytes(netzsch_text(blank, name="blank", length_m=_LENGTH_M))
    row = FileRow(file="raw/dil/blank.txt", sample="*", technique="dilatometry", role="blank")
    return Written(samples=tuple(rows), files=(row,))
