"""Encodings and line ends of instrument files."""

from __future__ import annotations

import pytest

from pelletry.formats.text import decode, looks_like_text

SENTENCE = "Temperatur 25 °C, 3 µA, Länge"


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("cp1252", "cp1252"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
        ("cp850", "cp850"),
    ],
)
def test_the_encoding_is_found_and_the_sentence_comes_back(encoding, found):
    text = decode((SENTENCE + "\n").encode(encoding))
    assert text.encoding == found
    assert text.lines == (SENTENCE,)


@pytest.mark.parametrize(
    ("byte", "character", "encoding"),
    [
        (b"25 \xb0C", "25 °C", "cp1252"),
        (b"25 \xf8C ", "25 °C ", "cp850"),
        (b"I/\xb5A", "I/µA", "cp1252"),
        (b"3 \xe6A ", "3 µA ", "cp850"),
    ],
)
def test_degree_and_micro_signs_of_windows_and_of_dos(byte, character, encoding):
    text = decode(byte)
    assert (text.text, text.encoding) == (character, encoding)


def test_bytes_without_a_character_in_cp1252_do_not_stop_the_reading():
    assert decode(b"a\x81b \xb0").encoding in ("cp850", "latin-1")
    assert decode(b"\x9d \xb0").encoding == "latin-1"


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r", "\r\r\n"])
def test_every_line_end_counts_once(newline):
    assert decode(newline.join(["a", "b", "", "c", ""]).encode()).lines == ("a", "b", "", "c")


def test_only_line_ends_end_lines():
    # str.splitlines would cut at these and shift every line number behind them.
    assert decode("a\x0cb\x0bc\x1cd\u2028e\x85f\n".encode()).lines == ("a\x0cb\x0bc\x1cd\u2028e\x85f",)


def test_a_character_cut_at_the_end_of_a_head_does_not_change_the_encoding():
    assert decode("25 °".encode()[:-1]).encoding == "utf-8"


def test_binary_and_text_heads_are_told_apart():
    assert looks_like_text(b"1.0\t2.0\r\n")
    assert looks_like_text("a°b".encode("utf-16-le"))
    assert not looks_like_text(bytes(range(256)))
    assert not looks_like_text(b"BIO-LOGIC MODULAR FILE\x1a" + b"\0" * 200)
