"""Files that settings name are seen from the study, and a change in one of them makes the result old."""

from __future__ import annotations

import attrs
import pydantic

from pelletry.core.place import located, seen_from


class Named(pydantic.BaseModel, extra="forbid"):
    factor: float = 1.0
    table: str = "factors/two.cif"

    def outside_files(self) -> tuple[str, ...]:
        return (self.table,)


def test_paths_are_seen_from_the_study(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s").mkdir()
    with seen_from(tmp_path / "s"):
        assert located("a.cif") == tmp_path / "s" / "a.cif"
        assert located(str(tmp_path / "b.cif")) == tmp_path / "b.cif"
    assert located("a.cif").absolute() == tmp_path / "a.cif"


def test_a_changed_file_that_the_settings_name_is_read_again(tiny) -> None:
    mean = tiny.cards[0]
    (tiny.folder / "factors").mkdir()
    path = tiny.folder / "factors" / "two.cif"
    path.write_text("2")

    def analyse(measurements, inputs):
        factor = float(located(inputs.settings.table).read_text())
        return mean.analyse(measurements, attrs.evolve(inputs, settings=Named(factor=factor)))

    card = attrs.evolve(mean, settings=Named, analyse=analyse)
    cards = (card, tiny.cards[1])

    def values() -> dict[str, float]:
        study = attrs.evolve(tiny.study, settings={"mean": Named(), "size": tiny.study.settings["size"]})
        from pelletry.study.run import run_study

        result = run_study(study, cards=cards, read=tiny.read, jobs=1)
        return {q.sample: q.quantity.value for q in result.quantities}

    first = values()
    assert values() == first
    assert tiny.computed() == []
    path.write_text("4")
    assert values()["A"] == 2 * first["A"]
    assert "the settings changed" in tiny.why()["A mean"]
