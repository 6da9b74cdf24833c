"""Files that are known by their content and not read by this version: other instruments' formats, settings, archives, web pages.

Saying "this is a diffraction scan" is worth more than an error, and far more than numbers from a file that was taken for a
plain table. Each kind has a test of the first bytes; a reader that is added later replaces its kind here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

import attrs

from pelletry.formats.archive import is_zip, member_head, members
from pelletry.formats.rawfile import RawFile
from pelletry.formats.sem_beside import is_sidecar

__all__ = ["Kind", "recognised"]


@attrs.frozen(kw_only=True)
class Kind:
    """A known kind of file. ``do`` says what a person can do about it; ``technique`` is empty where the kind does not tell.

    ``is_about_data`` False: a text that lies beside measurements and was never one, so that there is nothing to refuse.
    """

    name: str
    title: str
    technique: str = ""
    is_it: Callable[[RawFile], bool]
    do: str = ""
    is_about_data: bool = True


def _starts(*magic: bytes) -> Callable[[RawFile], bool]:
    return lambda raw: raw.head.startswith(magic)


def _text(pattern: str, *, within: int = 4000) -> Callable[[RawFile], bool]:
    compiled = re.compile(pattern, re.MULTILINE)
    return lambda raw: compiled.search(raw.head_text[:within]) is not None


def _zip_with(*names: str) -> Callable[[RawFile], bool]:
    return lambda raw: is_zip(raw) and any(name.startswith(names) or name.endswith(names) for name in members(raw))


def _workbook_with(*words: bytes) -> Callable[[RawFile], bool]:
    def is_it(raw: RawFile) -> bool:
        if not is_zip(raw):
            return False
        names = members(raw)
        if "xl/workbook.xml" not in names:
            return False
        # Words are shared strings in Excel's own files and stand in the sheets in those of other programs.
        sheets = [name for name in names if name.startswith("xl/worksheets/sheet")][:3]
        shown = b"".join(member_head(raw, name) for name in ("xl/sharedStrings.xml", "xl/workbook.xml", *sheets))
        return any(word in shown for word in words)

    return is_it


def _ole2_with(*streams: str) -> Callable[[RawFile], bool]:
    wanted = [stream.encode("utf-16-le") for stream in streams]

    def is_it(raw: RawFile) -> bool:
        if not raw.head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
            return False
        content = raw.head if raw.size_bytes > 32_000_000 else raw.bytes()
        return any(stream in content for stream in wanted)

    return is_it


def _web_page(raw: RawFile) -> bool:
    return (
        re.match(
            r"(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b",
            raw.head_text[:4000].lstrip(),
            re.I | re.S,
        )
        is not None
    )


def _is_igor(raw: RawFile) -> bool:
    """A wave of version 5 in either order of bytes: its first 192 words of two bytes add up to nothing."""
    order: Literal["little", "big"] = "little" if raw.head[:2] == b"\5\0" else "big"
    if raw.head[:2] not in (b"\5\0", b"\0\5") or len(raw.head) < 384:
        return False
    return sum(int.from_bytes(raw.head[i : i + 2], order) for i in range(0, 384, 2)) % 65536 == 0


_WITH_CLASSES = "export the result again with 'Result Between User Sizes', the volumes of the size classes"
_PLUG_IN = "install a plug-in that adds a reader in the entry point group 'pelletry.formats'"
_ROSETTASCIIO = "install the plug-in pelletry-rosettasciio (RosettaSciIO, under the GPL, reads it)"
_UNPACK = "unpack the archive and name the files in it"

_KINDS: tuple[Kind, ...] = (
    Kind(
        name="web-page",
        title="a web page (HTML), not data",
        is_it=_web_page,
        do="the download gave a page instead of the file: download it again, signed in if need be",
    ),
    Kind(
        name="lfs-pointer",
        title="a Git LFS pointer that stands for the file",
        is_it=_text(r"\Aversion https://git-lfs\.github\.com/spec/"),
        do="fetch the file itself with 'git lfs pull'",
    ),
    Kind(
        name="licence",
        title="a licence text",
        is_about_data=False,
        is_it=_text(
            r"\A[\W_]*(?:The )?(?:MIT|BSD|Apache|NIST|GNU|ISC|Mozilla|Creative Commons)\b[^\n]{0,60}\bLicen[sc](?:e|ing)\b"
        ),
    ),
    Kind(
        name="markdown-page",
        title="a text page (Markdown)",
        is_about_data=False,
        is_it=_text(r"\A# [^\n]+\r?\n\s*\n[A-Z][^\n]{40,}\r?\n(?s:.)*?^(?:## \w|\| ?:?---)"),
    ),
    # electrochemistry
    # diffraction
    Kind(
        name="bruker-raw-other",
        title="Siemens or Bruker RAW scan of a version that is not known",
        technique="diffraction",
        is_it=_starts(b"RAW1.", b"RAW3", b"RAW4.", b"RAW \x00"),
        do="export it as .xy, .uxd or RAW1.01 from DIFFRAC.EVA or File Exchange",
    ),
    Kind(
        name="stoe-raw",
        title="STOE WinXPOW raw scan",
        technique="diffraction",
        is_it=_starts(b"RAW_1."),
        do="export it as .xy or .xye from WinXPOW",
    ),
    Kind(
        name="rigaku-raw",
        title="old Rigaku binary scan (.raw)",
        technique="diffraction",
        is_it=lambda raw: raw.head.startswith(b"FI") and b"DA\0\0" in raw.head and b"PI\0\0" in raw.head,
        do="export it as .ras or as text from Rigaku's program",
    ),
    Kind(name="gsas-instrument", title="GSAS instrument parameters", is_it=_text(r"^INS\s+BANK\s+\d", within=600)),
    Kind(
        name="cif",
        title="CIF (crystallographic information)",
        technique="diffraction",
        is_it=_text(r"^data_\S+\s*$[\s\S]{0,3000}?^(?:_\w|loop_)"),
    ),
    # surface analysis, microscopy
    Kind(
        name="casaxps",
        title="CasaXPS text export",
        technique="xps",
        is_it=_text(r"\ACycle \d+:|Characteristic Energy eV|RSF\*T\*MFP"),
        do="open the VAMAS file it was exported from: the fit is in it",
    ),
    Kind(
        name="kherve",
        title="KherveFitting project",
        technique="xps",
        is_it=_text(r'\A\s*\{[\s\S]{0,2000}?"Core levels"'),
        do="open the VAMAS file or workbook it was made from",
    ),
    Kind(
        name="bruker-bcf",
        title="Bruker composite file (.bcf)",
        technique="edx",
        is_it=_starts(b"AAMVHFSS"),
        do=f"{_ROSETTASCIIO}, or export the spectra as .spx or .msa and the maps as tif from Esprit",
    ),
    Kind(
        name="jeol-eds",
        title="JEOL EDX spectrum (.EDS)",
        technique="edx",
        is_it=lambda raw: raw.head.startswith(b"\2\0\0\0\2\0\0\0") and b"Live Time\0" in raw.head[:2000],
        do=f"{_ROSETTASCIIO}, or export it as .msa (EMSA) from the microscope's program",
    ),
    Kind(
        name="gatan-dm",
        title="Gatan DigitalMicrograph file (.dm3, .dm4)",
        technique="microscopy",
        is_it=lambda raw: (
            raw.head.startswith((b"\0\0\0\3\0\0", b"\0\0\0\4\0\0\0\0")) and b"DocumentObjectList" in raw.head[:200]
        ),
        do=f"save it as tif from DigitalMicrograph, which keeps the scale, or {_PLUG_IN}",
    ),
    Kind(
        name="fei-tia",
        title="TIA series of an FEI microscope (.ser, .emi)",
        technique="microscopy",
        is_it=lambda raw: raw.head.startswith((b"II\x97\x01", b"JK\0\2")),
        do=f"save it as tif or .msa from TIA, or {_PLUG_IN}",
    ),
    Kind(
        name="jeol-map",
        title="JEOL map, picture or project of the EDX program (.map, .img, .pts, .ASW)",
        technique="edx",
        is_it=lambda raw: (
            b"JED-2200:" in raw.head[:64] or b"PTTDFILE" in raw.head[:64] or b"Analysis Stati" in raw.head[:64]
        ),
        do=f"export spectra as .msa and maps as tif from the microscope's program, or {_PLUG_IN}",
    ),
    Kind(
        name="phenom-elid",
        title="Phenom project (.elid)",
        technique="edx",
        is_it=lambda raw: bool(raw.packing) and b"ustar" in raw.head[250:270],
        do="export spectra as .msa and pictures as tif from the Phenom's program",
    ),
    Kind(
        name="digital-surf",
        title="Digital Surf surface (.sur, .pro)",
        is_it=_starts(b"DSCOMPRESSED", b"DIGITAL SURF"),
    ),
    Kind(name="blockfile", title="NanoMegas block file (.blo)", technique="microscopy", is_it=_starts(b"IMGBLO")),
    Kind(
        name="igor",
        title="Igor Pro wave (.ibw)",
        is_it=_is_igor,
        do="save the waves as text from Igor; Scienta's own text export is read",
    ),
    Kind(
        name="sqlite",
        title="SQLite database (SpecsLab Prodigy's .sle among them)",
        is_it=_starts(b"SQLite format 3\0"),
        do="export the spectra as .xy, .xml or VAMAS from the program that wrote it",
    ),
    Kind(
        name="numpy",
        title="NumPy array (.npy)",
        is_it=_starts(b"\x93NUMPY"),
        do="save it as csv with the names of the columns",
    ),
    Kind(
        name="image-notes",
        title="the notes of an electron microscope that belong to a picture",
        is_about_data=False,
        is_it=lambda raw: is_sidecar(raw.head_text),
    ),
    Kind(
        name="spec-scans",
        title="SPEC file of a beamline",
        is_it=_text(r"\A#F [^\n]+\n(?:#[^\n]*\n|\s*\n)*#S \d+ "),
        do="export the scan as columns with their names, 2theta and the counts",
    ),
    # powder and thermal
    Kind(
        name="mastersizer",
        title="Malvern Mastersizer export without size classes",
        technique="granulometry",
        is_it=_text(
            r'[,;\t]"?(?:Result Between User Sizes|d ?\(0[.,]1\)[^,;\t\n]*|Particle refractive index)"?\s*[,;\t]',
            within=20_000,
        ),
        do=_WITH_CLASSES,
    ),
    Kind(
        name="mastersizer-xlsx",
        title="Malvern Mastersizer workbook without size classes",
        technique="granulometry",
        is_it=_workbook_with(
            b"Result Between User Sizes", b"d (0.1)", b"d(0.1)", b"Particle refractive index", b"Obscuration"
        ),
        do=_WITH_CLASSES,
    ),
    # documents and archives
    Kind(
        name="old-excel",
        title="old Excel workbook (.xls)",
        is_it=_ole2_with("Workbook", "Book"),
        do="save it as .xlsx or csv",
    ),
    Kind(
        name="encrypted-office",
        title="password-protected Office file",
        is_it=_ole2_with("EncryptedPackage"),
        do="save it without a password",
    ),
    Kind(
        name="ole2",
        title="OLE2 compound file of an unknown program",
        is_it=_starts(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    ),
    Kind(
        name="document", title="document", is_it=_zip_with("word/document.xml", "ppt/presentation.xml", "content.xml")
    ),
    Kind(name="pdf", title="PDF document", is_it=_starts(b"%PDF")),
    Kind(
        name="hdf5",
        title="HDF5 or NetCDF file (.emd of electron microscopes among them)",
        is_it=_starts(b"\x89HDF\r\n", b"CDF\x01", b"CDF\x02", b"CDF\x05"),
        do=f"of an .emd: {_ROSETTASCIIO}, or export spectra as .msa and images as tif",
    ),
    Kind(
        name="archive",
        title="archive",
        is_it=lambda raw: (
            raw.head.startswith((b"7z\xbc\xaf", b"Rar!", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd"))
            or raw.head[257:262] == b"ustar"
        ),
        do=_UNPACK,
    ),
    Kind(
        name="zip",
        title="zip archive",
        is_it=lambda raw: is_zip(raw) and "xl/workbook.xml" not in (members(raw) or ("xl/workbook.xml",)),
        do=_UNPACK,
    ),
    Kind(
        name="xml",
        title="XML document of a kind that is not known",
        is_it=_text(r"\A\s*(?:<\?xml\b|<!--|<[A-Za-z][\w:.-]*(?:\s[^<>]*)?/?>\s*<)"),
    ),
    Kind(
        name="touchstone",
        title="Touchstone network parameters (.s1p, .s2p)",
        is_it=_text(r"^#\s*(?i:[kMG]?Hz)\s+[SYZGH]\s+(?:RI|MA|DB)\b(?:\s+R\s+[\d.]+)?\s*$"),
        do="export the impedance of one port as frequency, Z' and Z''",
    ),
    Kind(
        name="program",
        title="program",
        is_it=_starts(b"\x7fELF", b"MZ\x90\x00", b"#!/"),
    ),
)


def recognised(raw: RawFile) -> Kind | None:
    """The kind of a file that this version knows and does not read, or None."""
    return next((kind for kind in _KINDS if kind.is_it(raw)), None)
