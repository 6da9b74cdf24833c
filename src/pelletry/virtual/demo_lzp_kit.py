"""What the parts of the demo study ``lzp`` share: the sizes of its pellet, printed values, and the folder being written."""

from __future__ import annotations

import zlib
from pathlib import Path

import attrs
import numpy as np

from pelletry.reference.el_shinawi2018 import published_numbers
from pelletry.virtual.demo_kit import FileRow

__all__ = [
    "AREA_M2",
    "CELL_K",
    "DIAMETER_M",
    "LTP_KG_PER_M3",
    "LZP_KG_PER_M3",
    "PRINTED",
    "THICKNESS_M",
    "LzpFolder",
    "random_of",
]

#: Printed values by their keys, in house units.
PRINTED = {one.key: one.value for one in published_numbers()}
CELL_K = 353.15
AREA_M2, DIAMETER_M, THICKNESS_M = 0.5e-4, 9.0e-3, 1.45e-3
LTP_KG_PER_M3, LZP_KG_PER_M3 = 2950.0, 3132.0


@attrs.frozen(kw_only=True)
class LzpFolder:
    """The folder that is being written and the rows of its table of files."""

    path: Path
    files: list[FileRow] = attrs.field(factory=list)

    def put(
        self, name: str, content: bytes, *, sample: str, technique: str, degC: int | None = None, role: str = ""
    ) -> None:
        file = self.path / "raw" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        stated = {} if degC is None else {"temperature": f"{degC} °C", "temperature_source": "thermostat"}
        self.files.append(FileRow(file=f"raw/{name}", sample=sample, technique=technique, role=role, **stated))


def random_of(word: str) -> np.random.Generator:
    # crc32, not hash(): the same on every machine and in every run, so the same bytes come out.
    return np.random.default_rng(zlib.crc32(word.encode()))
