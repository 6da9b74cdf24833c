"""What ``inspect`` shows on the screen."""

from __future__ import annotations


def test_temperatures_are_in_degrees_as_everywhere(pelletry, small, tmp_path):
    small.write_raw(tmp_path / "raw")
    ran = pelletry("inspect", tmp_path / "raw" / "P1_-20C.z")
    assert "temperature: -20 °C (file name)" in ran.out
    assert " K (" not in ran.out
