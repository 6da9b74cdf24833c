"""Draw the pictures of README.md and the tutorial with the program, from the real series that the tutorial uses.

The seven spectra are not part of this project (see the captions for where they come from). The environment variable
``PELLETRY_RAW_DATA`` names the folder of raw data that holds them; ``SERIES`` is their place in it.

Usage: PELLETRY_RAW_DATA=FOLDER python docs/pictures/make.py [TARGET_FOLDER]
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from pelletry import api

SERIES = ("eis_temperature_series", "Sheyigold+EISFitpython", "spectra")
#: Sizes as the authors' scripts state them: diameter 0.8 cm, thickness 0.21 cm, without uncertainty.
GIVEN = {"diameter": "8 mm", "thickness": "2.1 mm", "electrode_diameter": "face"}
#: Key of the figure in the analysis -> picture in the docs.
PICTURES = {"nyquist_160C": "nyquist.png", "arrhenius": "arrhenius.png"}


def draw(raw_folder: Path, target: Path) -> list[Path]:
    """Make a study of the series, run it without any setting, and draw two of its figures."""
    with tempfile.TemporaryDirectory() as folder:
        study = Path(folder) / "study"
        api.scaffold(study, raw_folder, confirm_temperatures=True, given=GIVEN)
        (shown,) = (p for (_, technique), p in api.present(api.run(study)).items() if technique == "impedance")
    figures = {figure.key: figure for figure in shown.figures}
    written = []
    for key, picture in PICTURES.items():
        path = target / picture
        drawn = api.render(figures[key], "png")
        assert isinstance(drawn, bytes)
        path.write_bytes(drawn)
        written.append(path)
    return written


def main() -> int:
    """Draw into the folder of this script, or into the one that was named."""
    raw_data = os.environ.get("PELLETRY_RAW_DATA")
    if not raw_data:
        print("PELLETRY_RAW_DATA is not set; expected the folder of raw data", file=sys.stderr)
        return 2
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    for path in draw(Path(raw_data).joinpath(*SERIES), target):
        print(f"{path.name}: {path.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
