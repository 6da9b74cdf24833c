"""Only what changed is computed, what one file spoils stays with it, and the bytes are always the same."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import threading

import attrs
import pytest

from pelletry.core.record import Hint
from pelletry.core.sample import Sample, Sintering
from pelletry.study.compare import brief, comparison_table
from pelletry.study.decisions import ExcludeDecision, MaskDecision, TemperatureDecision
from pelletry.study.files import StudyFile
from pelletry.study.gather import as_the_study_says
from pelletry.study.serial import encoded


def _bytes(result):
    """Everything of a result but whether it came out of the store."""
    return encoded(attrs.evolve(result, results=tuple(attrs.evolve(r, was_cached=False) for r in result.results)))


def test_the_values_are_those_worked_out_by_hand(tiny):
    result = tiny.run()
    values = {q.sample: q.quantity.value for q in result.quantities}
    assert values == {"A": (1 + 3 + 5) / 3 / 2.0, "B": (2 + 4) / 2 / 4.0}
    assert [f.status for f in result.files] == ["read"] * 4
    assert sorted(tiny.computed()) == ["A mean", "A size", "B mean", "B size"]


def test_a_second_run_computes_nothing_and_gives_the_same_bytes(tiny):
    first = tiny.run()
    second = tiny.run()
    assert tiny.computed() == []
    assert all(r.was_cached for r in second.results)
    assert _bytes(first) == _bytes(second)


def test_the_store_may_be_deleted(tiny):
    first = tiny.run()
    shutil.rmtree(tiny.folder / ".pelletry")
    assert _bytes(tiny.run()) == _bytes(first)


def test_one_changed_thickness_computes_one_pellet_only(tiny):
    tiny.run()
    tiny.thickness["A"] = 2.5
    tiny.run()
    assert sorted(tiny.computed()) == ["A mean", "A size"]
    assert "the sample as described changed" in tiny.why()["A mean"]


def test_one_changed_file_computes_only_what_depends_on_it(tiny):
    tiny.run()
    (tiny.folder / "b2.txt").write_text("#weights\n40\n")
    result = tiny.run()
    assert tiny.why() == {"B mean": "file changed: b2.txt"}
    assert {q.sample: q.quantity.value for q in result.quantities}["B"] == 21 / 4.0


def test_a_changed_setting_computes_its_technique_only(tiny):
    tiny.run()
    tiny.factor = 2.0
    tiny.run()
    assert tiny.why() == {"A mean": "the settings changed", "B mean": "the settings changed"}


def test_a_touched_or_recopied_file_computes_nothing(tiny):
    tiny.run()
    copy = tiny.folder / "copy"
    shutil.copy(tiny.folder / "a1.txt", copy)
    os.replace(copy, tiny.folder / "a1.txt")
    tiny.run()
    assert tiny.computed() == []


def test_going_back_finds_the_earlier_result(tiny):
    tiny.run()
    tiny.thickness["A"] = 2.5
    tiny.run()
    tiny.thickness["A"] = 2.0
    tiny.run()
    assert tiny.computed() == []


def test_a_broken_file_stops_nothing_else(tiny):
    (tiny.folder / "a2.txt").write_text("#weights\nbroken")
    result = tiny.run()
    values = {q.sample: q.quantity.value for q in result.quantities}
    assert values == {"A": 2 / 2.0, "B": 3 / 4.0}
    broken = next(f for f in result.files if f.path == "a2.txt")
    assert (broken.status, broken.reason) == ("refused", "a2.txt:2: ends in the middle.")
    assert [(f.code, f.samples) for f in result.findings if f.severity == "error"] == [("file-refused", ("A",))]


@pytest.mark.parametrize(
    ("content", "status", "sentence"),
    [
        (b"", "unknown", "no reader knows"),
        (b"\x00\xff\x00garbage", "unknown", "no reader knows"),
        (b"#weights\n-1\n", "refused", "a weight below zero"),
        (b"#weights\nx\n", "refused", "its reader failed (ValueError"),
        (None, "refused", "cannot be opened"),
    ],
)
def test_each_bad_file_is_one_sentence_and_the_rest_comes_out(tiny, content, status, sentence):
    bad = tiny.folder / "a1.txt"
    bad.unlink() if content is None else bad.write_bytes(content)
    for _ in range(2):  # computed, then from the store
        result = tiny.run()
        listed = next(f for f in result.files if f.path == "a1.txt")
        assert listed.status == status
        assert sentence in listed.reason
        assert sum(sentence in f.sentence for f in result.findings) == 1
        assert {q.sample for q in result.quantities} == {"A", "B"}


def test_a_sample_without_a_usable_file_is_withheld_with_the_reason(tiny):
    (tiny.folder / "a1.txt").write_text("#weights\n-1\n")
    (tiny.folder / "a2.txt").write_text("#weights\n-2\n")
    result = tiny.run()
    assert {q.sample for q in result.quantities} == {"B"}
    assert [(w.what, w.missing) for w in result.withheld] == [
        ("Mean weight of A", "a file that can be used; a1.txt, a2.txt cannot")
    ]


def test_a_sample_whose_files_cannot_be_read_at_all_is_withheld(tiny):
    (tiny.folder / "a1.txt").write_text("")
    (tiny.folder / "a2.txt").unlink()
    result = tiny.run()
    assert {q.sample for q in result.quantities} == {"B"}
    assert result.withheld[0].missing == "a file that can be read; a1.txt, a2.txt cannot"


def test_a_missing_dimension_withholds_only_what_needs_it(tiny):
    tiny.thickness["A"] = None
    result = tiny.run()
    assert {q.sample for q in result.quantities} == {"B"}
    assert [(w.missing, w.do, w.samples) for w in result.withheld] == [
        ("the thickness was not given", "write it into samples.csv", ("A",))
    ]


def test_a_fault_of_the_program_stays_with_its_sample_and_is_tried_again(tiny, monkeypatch):
    tiny.notes["A"] = "bug"
    result = tiny.run()
    assert {q.sample for q in result.quantities} == {"B"}
    assert "ZeroDivisionError" in next(f.sentence for f in result.findings if f.code == "program-fault")
    tiny.run()
    assert tiny.computed() == ["A mean"]
    monkeypatch.setenv("PELLETRY_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        tiny.run()


def test_the_same_bytes_twice_count_once(tiny):
    shutil.copy(tiny.folder / "a1.txt", tiny.folder / "twin.txt")
    tiny.extra_files = [("twin.txt", "A")]
    result = tiny.run()
    assert {q.sample: q.quantity.value for q in result.quantities}["A"] == 1.5
    twin = next(f for f in result.files if f.path == "twin.txt")
    assert (twin.status, twin.duplicate_of) == ("unused", "a1.txt")
    assert "same bytes as a1.txt" in next(f.sentence for f in result.findings if f.code == "file-duplicate")


def test_a_file_that_changes_during_the_run_is_reported_and_not_kept(tiny):
    def read_and_change(path):
        records = tiny.read(path)
        if path.name == "b1.txt":
            path.write_text("#weights\n1000\n")
        return records

    result = tiny.run(read=read_and_change)
    changed = next(f for f in result.findings if f.code == "file-changed")
    assert "b1.txt changed during the run" in changed.sentence
    assert changed.samples == ("B",)
    again = tiny.run()
    assert {q.sample: q.quantity.value for q in again.quantities}["B"] == (1000 + 4) / 2 / 4
    assert not [f for f in again.findings if f.code == "file-changed"]


def test_a_file_that_changed_between_hash_and_reading_is_never_kept_under_the_wrong_hash(tiny, monkeypatch):
    from pelletry.study import store

    real = store.file_sha256

    def hash_then_change(path):
        digest = real(path)
        if path.name == "b1.txt" and "1000" not in path.read_text():
            path.write_text("#weights\n1000\n")
        return digest

    original = (tiny.folder / "b1.txt").read_text()
    with monkeypatch.context() as patched:
        patched.setattr(store, "file_sha256", hash_then_change)
        assert any(f.code == "file-changed" for f in tiny.run().findings)
    (tiny.folder / "b1.txt").write_text(original)
    values = {q.sample: q.quantity.value for q in tiny.run().quantities}
    assert values["B"] == 3 / 4.0


def test_raw_files_are_untouched(tiny):
    before = {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in tiny.folder.glob("*.txt")}
    tiny.run()
    assert {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in tiny.folder.glob("*.txt")} == before


def test_names_that_try_something_are_only_names(tiny):
    name = "x; rm -rf $(HOME) \x1b[31m'\" <b>.txt"
    (tiny.folder / name).write_text("#weights\n7\n")
    tiny.extra_files = [(name, "A")]
    result = tiny.run()
    assert {q.sample: q.quantity.value for q in result.quantities}["A"] == 4 / 2.0
    assert tiny.run().files == result.files


def test_a_damaged_store_gives_the_same_bytes_and_a_sentence(tiny):
    first = tiny.run()
    (tiny.folder / ".pelletry" / "cache.sqlite").write_bytes(b"not a database" * 1000)
    said = []
    assert _bytes(tiny.run(say=said.append)) == _bytes(first)
    assert "set aside" in said[0]


def test_a_payload_of_another_kind_is_computed_again(tiny):
    first = tiny.run()
    connection = sqlite3.connect(tiny.folder / ".pelletry" / "cache.sqlite")
    foreign = encoded(("something", "else"))
    connection.execute("UPDATE entry SET payload = ?, digest = ?", (foreign, hashlib.sha256(foreign).hexdigest()))
    connection.commit()
    connection.close()
    assert _bytes(tiny.run()) == _bytes(first)


def test_an_interruption_keeps_what_was_finished(tiny):
    def stop(done, total, what):
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tiny.run(progress=stop)
    whole = tiny.run()
    assert tiny.computed() == ["B mean"]
    shutil.rmtree(tiny.folder / ".pelletry")
    assert _bytes(tiny.run()) == _bytes(whole)


def test_two_runs_at_once_give_the_same_bytes(tiny):
    results, said = [], []
    threads = [threading.Thread(target=lambda: results.append(tiny.run(say=said.append))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({_bytes(r) for r in results}) == 1
    assert len(results) == 4
    assert said == []


def test_progress_counts_to_the_end(tiny):
    seen = []
    tiny.run(progress=lambda done, total, what: seen.append((done, total)))
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_the_brief_comparison_says_once_what_is_the_same_for_all(tiny):
    samples = [
        Sample(name=n, composition="LATP", sintering=Sintering(dwell_s=7200.0, atmosphere=a))
        for n, a in (("A", "air"), ("B", "Ar"))
    ]
    whole = comparison_table(samples, ())
    table = brief(whole)
    assert [c.key for c in whole.columns][:4] == ["sample", "composition", "atmosphere", "dwell"]
    assert [c.key for c in table.columns][:3] == ["sample", "atmosphere", "relative_density"]
    assert table.notes[-1] == "The same for all: composition LATP, dwell 2 h."
    assert brief(comparison_table(samples[:1], ())).columns == comparison_table(samples[:1], ()).columns


def test_the_comparison_has_one_row_a_pellet_and_traces_its_cells(tiny):
    table = tiny.run().comparison
    keys = [c.key for c in table.columns]
    assert [row[0] for row in table.rows] == ["A", "B"]
    j = keys.index("conductivity_total_25C")
    assert [t[j] for t in table.traces] == ["A conductivity_total_25C", "B conductivity_total_25C"]
    assert table.rows[0][keys.index("circuit")] == "R"


_WHO = {
    "record": None,
    "author": "A. Person",
    "date": "2026-03-01",
    "reason": "wet sample",
    "where": "decisions.toml:1",
}


def test_an_excluded_file_is_not_used_and_says_by_whom_and_why(tiny):
    tiny.run()
    tiny.decisions = [ExcludeDecision(sample="A", file="a2.txt", **_WHO)]
    result = tiny.run()
    assert {q.sample: q.quantity.value for q in result.quantities}["A"] == 2 / 2.0
    listed = next(f for f in result.files if f.path == "a2.txt")
    assert (listed.status, listed.reason) == ("unused", "excluded by A. Person, 2026-03-01: wet sample")
    assert "file changed: a2.txt" in tiny.why()["A mean"]


def test_a_mask_reaches_its_sample_only(tiny):
    tiny.run()
    tiny.decisions = [MaskDecision(sample="A", file="a1.txt", points=(1,), **_WHO)]
    result = tiny.run()
    assert tiny.computed() == ["A size", "A mean"]
    assert {q.sample: q.quantity.value for q in result.quantities}["A"] == (1 + 5) / 2 / 2.0


def test_a_file_set_aside_is_listed_and_not_used(tiny):
    (tiny.folder / "aborted.txt").write_text("#weights\n9\n")
    tiny.set_aside = ["aborted.txt"]
    result = tiny.run()
    assert {q.sample: q.quantity.value for q in result.quantities}["A"] == 1.5
    listed = next(f for f in result.files if f.path == "aborted.txt")
    assert (listed.status, listed.reason) == ("unused", "set aside in files.csv")


def test_a_temperature_in_the_name_counts_whatever_the_format(tiny):
    record = tiny.read(tiny.folder / "a1.txt")[0]
    named = StudyFile(path="raw/A_-20C.txt", sample="A", is_confirmed=True)
    assert _hints(record, named) == [(253.15, "file name", "confirmed")]
    zero = StudyFile(path="raw/A_0C.txt", sample="A", is_confirmed=False)
    assert _hints(record, zero) == [(273.15, "file name", "0C")]


def _hints(record, file, decisions=()):
    return [
        (h.value, h.source, h.text) for h in as_the_study_says(record, file, decisions).hints if h.name == "temperature"
    ]


def test_the_temperature_of_the_study_goes_before_that_of_the_name_and_a_decision_before_both(tiny):
    named = Hint(name="temperature", value=413.15, unit="K", source="file name", text="140deg")
    record = attrs.evolve(tiny.read(tiny.folder / "a1.txt")[0], hints=(named,))
    plain = StudyFile(path="a1.txt", sample="A", is_confirmed=False)
    assert _hints(record, plain) == [(413.15, "file name", "140deg")]
    assert _hints(record, attrs.evolve(plain, is_confirmed=True)) == [(413.15, "file name", "confirmed")]
    stated = attrs.evolve(plain, temperature_K=414.0, temperature_source="thermometer", is_confirmed=True)
    assert _hints(record, stated) == [(414.0, "thermometer", "confirmed")]
    decided = TemperatureDecision(sample="A", file="a1.txt", temperature_K=415.0, **_WHO)
    assert _hints(record, stated, [decided]) == [(415.0, "decision of A. Person", "confirmed")]
    offset = TemperatureDecision(sample="A", file=None, offset_K=-1.5, **_WHO)
    assert _hints(record, stated, [offset]) == [(412.5, "thermometer", "confirmed")]
    other = TemperatureDecision(sample="A", file="a2.txt", temperature_K=415.0, **_WHO)
    assert _hints(record, stated, [other]) == [(414.0, "thermometer", "confirmed")]
