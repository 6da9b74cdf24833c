"""A picture that files.csv calls the map of an element goes to the technique edx and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

from pelletry import api
from pelletry.core.provenance import Origin
from pelletry.core.record import Record
from pelletry.study.gather import as_the_study_says

Image = pytest.importorskip("PIL.Image")

ORIGIN = Origin(path="raw/map_1.png", sha256="0" * 64, record=0, format="picture")


@pytest.fixture
def study(tmp_path):
    counts = np.random.default_rng(2).poisson(40.0, (64, 64)).astype(np.uint8)
    (tmp_path / "raw").mkdir()
    for number, name in enumerate(("map_1", "map_2", "section")):
        Image.fromarray(counts + np.uint8(number)).save(tmp_path / "raw" / f"{name}.png")
    (tmp_path / "study.toml").write_text('title = "maps"\n')
    (tmp_path / "samples.csv").write_text("sample,composition\nA,Li1.3Al0.3Ti1.7(PO4)3\n")
    (tmp_path / "files.csv").write_text(
        "file,sample,role\nraw/map_1.png,A,map Ti\nraw/map_2.png,A,map P K\nraw/section.png,A,\n"
    )
    return tmp_path


def test_pictures_with_the_role_of_a_map_are_maps_of_their_element(study):
    result = api.run(study)
    assert not [f.sentence for f in result.findings if f.code in ("file-not-used", "file-not-understood")]
    found = {one.technique: one.result for one in result.results}
    assert [origin.path for origin in found["edx"].lineage.origins] == ["raw/map_1.png", "raw/map_2.png"]
    microscopy = [file for file in result.files if file.path == "raw/section.png"]
    assert [file.status for file in microscopy] == ["read"]
    assert set(found) == {"edx", "microscopy"}
    assert [origin.path for origin in found["microscopy"].lineage.origins] == ["raw/section.png"]


def test_the_element_of_a_map_is_spelled_as_elements_are(study):
    files = api.load_study(study).files
    assert [(file.role, file.is_map) for file in files] == [("map ti", True), ("map p k", True), ("", False)]
    record = Record(name="map_1.png", technique="microscopy", columns=(), origin=ORIGIN)
    told = [as_the_study_says(record, file) for file in files]
    assert [one.technique for one in told] == ["edx", "edx", "microscopy"]
    assert [next((h.value for h in one.hints if h.name == "role"), None) for one in told] == ["map Ti", "map P k", None]
