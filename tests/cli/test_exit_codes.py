"""0: done; 1: done, and a warning is to be read. Remarks alone are no reason to stop a script."""

from __future__ import annotations

import pytest

from pelletry import api
from pelletry.study.document import is_flagged


def test_remarks_and_missing_masses_are_no_flagged_results(pelletry, study):
    table = study / "samples.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("0.0700(1) g", ""), encoding="utf-8")
    result = api.run(study)
    assert {f.severity for f in result.findings} <= {"info", "notice"}
    assert result.withheld
    assert not is_flagged(result)
    assert pelletry("run", study).code == 0


@pytest.mark.parametrize(("thickness", "code"), [(None, 1), (0.5, 0)])
def test_every_command_that_computes_says_the_same(pelletry, study, small, monkeypatch, tmp_path, thickness, code):
    if thickness is None:
        table = study / "samples.csv"
        table.write_text(table.read_text(encoding="utf-8").replace("0.500(5) mm", ""), encoding="utf-8")
    monkeypatch.setattr(api, "demo", lambda name, folder: api.load_study(study))
    for words in (("run", study), ("report", study, "--figures", "none"), ("export", study, "--to", "json"), ("demo",)):
        assert pelletry(*words).code == code, words
