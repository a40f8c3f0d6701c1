"""What lies in landing: which file is which table's, and whether its bytes changed.

Knows names and bytes, not rows. A name that means nothing here is a fault, so that no file is lost silently.
"""

import codecs
import gzip
import hashlib
import os
import re
import stat as modes
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from python_assets.errors import UserError
from python_assets.ingest.feeds import FEEDS, tables_of
from python_assets.periods import parse_period

if TYPE_CHECKING:
    from python_assets.ingest.mapping import Mapping

RECORD_LIMIT = 1_000_000  # bytes of one record
BLOCK = RECORD_LIMIT // 2  # A line that fills no block has no more bytes than a record may have.
SHOWN_LIMIT = 200  # characters of a file's content that a message shows
EXPANSION = 200  # times its size that a compressed file may hold; honest ones hold about ten times
SMALL_EXPANSION = 256 * 1024 * 1024  # bytes that any may hold
LARGEST_EXPANSION = 64 * 1024**3
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}")
_ROWS = {".csv": "csv", ".csv.gz": "csv", ".jsonl": "jsonl", ".jsonl.gz": "jsonl", ".parquet": "parquet"}
_MAPPED = _ROWS | {".json": "json", ".json.gz": "json"}
_CSV = {".csv": "csv", ".csv.gz": "csv"}


@dataclass(frozen=True)
class Fault:
    """A file, or a folder, that cannot be taken. `where` begins with `landing/` or `mappings/`."""

    feed: str
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


@dataclass(frozen=True)
class LandingFile:
    """A file and what its name means. `subject` is the id that a name carries; files of one `unit` load together."""

    feed: str
    table: str
    period: date
    name: str
    path: Path
    format: str
    subject: str = ""
    unit: str = ""
    mapping: "Mapping | None" = None

    @property
    def where(self) -> str:
        return f"landing/{self.feed}/{self.path.parent.name}/{shown(self.name)}"

    @property
    def is_gzipped(self) -> bool:
        return self.name.endswith(".gz")


class FileError(UserError):
    """A file that cannot be taken."""

    def __init__(self, file: LandingFile, message: str):
        self.fault = Fault(file.feed, file.where, message)
        super().__init__(str(self.fault))


@dataclass(frozen=True)
class Survey:
    """The fingerprint of a file, and what its bytes say about it. `lines` leaves out blank lines at the end.

    `is_bounded`: no line has more bytes than a record may have. `is_plain`: besides, every record is one line, since
    there is no quote, no blank line and no stray carriage return. Such text has one reading only.
    """

    sha256: str
    is_bounded: bool = False
    is_plain: bool = False
    lines: int = 0
    blank_lines_at_end: int = 0


def list_feed(
    landing: Path, feed: str, mappings: Sequence["Mapping"] = ()
) -> tuple[list[LandingFile], list[tuple[date | None, Fault]]]:
    """All files of a feed in order, and what is wrong with names; a fault comes with its period if it has one."""
    files: list[LandingFile] = []
    faults: list[tuple[date | None, Fault]] = []
    for entry in _entries(landing / feed):
        try:
            period = _period(entry)
        except UserError as error:
            faults.append((None, Fault(feed, f"landing/{feed}/{shown(entry.name)}", str(error))))
            continue
        for item in _entries(Path(entry.path)) if period else []:
            try:
                files.append(_identify(feed, period, item, mappings))
            except UserError as error:
                faults.append((period, Fault(feed, f"landing/{feed}/{entry.name}/{shown(item.name)}", str(error))))
    alone = _without_export(files)
    faults += [
        (file.period, Fault(feed, file.where, f"declares an export, but there is no {file.subject}.csv"))
        for file in alone
    ]
    return [file for file in files if file not in alone], faults + _doubles(files)


def unknown_folders(landing: Path) -> list[tuple[date | None, Fault]]:
    """Faults of what lies in landing beside the feeds; with the earliest period in it, if it is a folder of periods."""
    faults = []
    for entry in _entries(landing):
        if (_is_dir(entry) and entry.name in FEEDS) or _is_readme(entry):
            continue
        periods = []
        if _is_dir(entry):
            periods = [_period_or_none(inner) for inner in _entries(Path(entry.path))]
        earliest = min((period for period in periods if period), default=None) if all(periods) else None
        message = f"is no feed; landing holds one folder for each of: {', '.join(FEEDS)}"
        faults.append((earliest, Fault("", f"landing/{shown(entry.name)}", message)))
    return faults


def periods_of(landing: Path, feed: str) -> list[date]:
    """The periods that a feed has a delivery for: folders with a file in them."""
    folders = [(_period_or_none(entry), entry) for entry in _entries(landing / feed)]
    return sorted(period for period, entry in folders if period and _entries(Path(entry.path)))


def _entries(folder: Path) -> list[os.DirEntry]:
    """What is in a folder, hidden entries left out, by the bytes of the names; nothing if there is no folder."""
    try:
        with os.scandir(folder) as found:
            return sorted((e for e in found if not e.name.startswith(".")), key=lambda e: os.fsencode(e.name))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise UserError(f"{folder}: cannot be read: {error.strerror}") from error


def shown(text: str) -> str:
    """A name as it can stand in one line of a message."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def cut(text: str) -> str:
    """What a file says, as it can stand in one line of a message: at most SHOWN_LIMIT characters."""
    whole = shown(text[: SHOWN_LIMIT + 1])
    return whole if len(whole) <= SHOWN_LIMIT else whole[: SHOWN_LIMIT - 2] + " …"


def _is_readme(entry: os.DirEntry) -> bool:
    return _is_regular(entry) and entry.name.upper().startswith("README")


def _period(entry: os.DirEntry) -> date | None:
    """The period of a folder `period=YYYY-MM`, None for a README beside it."""
    if _is_readme(entry):
        return None
    expected = "files lie in folders named by month, such as period=2026-04"
    if not _is_dir(entry):
        raise UserError(f"lies in no period; {expected}")
    feed = Path(entry.path).parent
    if _leads_out(entry, feed):
        raise UserError(f"is a symbolic link out of {feed.name}; put the folder itself there")
    try:
        return parse_period(entry.name.removeprefix("period=") if entry.name.startswith("period=") else "")
    except UserError as error:
        raise UserError(f"is no period; {expected}") from error


def _period_or_none(entry: os.DirEntry) -> date | None:
    try:
        return _period(entry)
    except UserError:
        return None


def _identify(feed: str, period: date, entry: os.DirEntry, mappings: Sequence["Mapping"]) -> LandingFile:
    try:
        entry.name.encode()
    except UnicodeEncodeError as error:
        raise UserError("the file's name is not UTF-8") from error
    if not _is_regular(entry):
        raise UserError("is a folder or no regular file; a delivery holds files only")
    path = Path(entry.path)
    if _leads_out(entry, path.parents[1]):
        raise UserError(f"is a symbolic link out of {feed}; put the file itself there")
    matching = [mapping for mapping in mappings if mapping.is_for(feed, entry.name)]
    if len(matching) > 1:
        raise UserError(f"is named by more than one mapping: {', '.join(mapping.where for mapping in matching)}")
    if matching:
        return _mapped(period, path, matching[0])
    if feed == "digitalocean_invoices":
        return _digitalocean(period, path)
    if feed == "analytics_exports":
        subject, form = _subject(path.name, _CSV | {".json": "json"}, "<export_id>.csv and <export_id>.json")
        return LandingFile(feed, feed, period, path.name, path, form, subject, unit=subject)
    if feed == "digitalocean_balance":
        _, form = _ending(path.name, {".json": "json"})
        return LandingFile(feed, feed, period, path.name, path, form, unit=path.name)
    stem, form = _ending(path.name, _ROWS)
    if feed in ("control_plane", "campaigns"):
        stems = {table.stem: table.name for table in tables_of(feed)}
        if stem not in stems:
            raise UserError(f"'{stem}' is no table of {feed}; the file's name must be one of: {', '.join(stems)}")
        return LandingFile(feed, stems[stem], period, path.name, path, form, subject=stem, unit=path.name)
    # A key holds over all files of a delivery, so these load together.
    unit = "" if feed == "billed_invoices" else path.name
    return LandingFile(feed, feed, period, path.name, path, form, unit=unit)


def _leads_out(entry: os.DirEntry, folder: Path) -> bool:
    """Whether an entry is a symbolic link to something outside a folder, which may be a link itself."""
    return entry.is_symlink() and not Path(entry.path).resolve().is_relative_to(folder.resolve())


def _is_regular(entry: os.DirEntry) -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link that leads in a circle
        return False


def _is_dir(entry: os.DirEntry) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _mapped(period: date, path: Path, mapping: "Mapping") -> LandingFile:
    """A file that is read through a mapping, whatever its name says."""
    _, form = _ending(path.name, _MAPPED)
    table = mapping.table
    # A key holds over a delivery: files of one table load together, or are told apart as its doubles.
    subject = table.stem or "" if table.key else ""
    unit = "" if table.key and not table.stem else path.name
    return LandingFile(table.feed, table.name, period, path.name, path, form, subject, unit, mapping)


def _digitalocean(period: date, path: Path) -> LandingFile:
    endings = {".summary.json": "digitalocean_summaries", ".items.json": "digitalocean_items"}
    tables = endings | dict.fromkeys(_CSV, "digitalocean_invoices")
    expected = "<invoice_uuid>.csv, <invoice_uuid>.summary.json and <invoice_uuid>.items.json"
    subject, table = _subject(path.name, tables, expected)
    form = "csv" if table == "digitalocean_invoices" else "json"
    return LandingFile("digitalocean_invoices", table, period, path.name, path, form, subject, unit=path.name)


def _ending(name: str, endings: dict[str, str]) -> tuple[str, str]:
    for ending in sorted(endings, key=len, reverse=True):
        if name.endswith(ending) and name != ending:
            return name.removesuffix(ending), endings[ending]
    raise UserError(f"has an ending that is not read here; expected is one of: {', '.join(endings)}")


def _subject(name: str, endings: dict[str, str], expected: str) -> tuple[str, str]:
    subject, meaning = _ending(name, endings)
    if not ID.fullmatch(subject):
        raise UserError(f"the file's name must be an id and an ending: {expected}")
    return subject, meaning


def _doubles(files: list[LandingFile]) -> list[tuple[date | None, Fault]]:
    """Faults of files whose names mean the same thing of one delivery."""
    seen: dict[tuple, LandingFile] = {}
    faults: list[tuple[date | None, Fault]] = []
    for file in files:
        if not file.subject:
            continue
        form = file.format if file.feed == "analytics_exports" else ""
        first = seen.setdefault((file.table, file.period, file.subject, form), file)
        if first is not file:
            what = f"are both '{file.subject}' of one delivery; keep one of them"
            faults.append((file.period, Fault(file.feed, file.where, f"and {first.name} {what}")))
    return faults


def _without_export(files: list[LandingFile]) -> list[LandingFile]:
    """Declarations whose export is not there."""
    exports = {(file.period, file.subject) for file in files if file.format == "csv"}
    declarations = [file for file in files if file.feed == "analytics_exports" and file.format == "json"]
    return [file for file in declarations if (file.period, file.subject) not in exports]


def stat_of(path: Path) -> tuple[int, int, int, int]:
    """What changes when a file does, without reading it: size, mtime_ns, ctime_ns, inode."""
    found = path.stat()
    if not modes.S_ISREG(found.st_mode):
        raise UserError("is no regular file")
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


def open_bytes(file: LandingFile) -> BinaryIO:
    """The content of a file, decompressed."""
    return gzip.open(file.path, "rb") if file.is_gzipped else file.path.open("rb")  # type: ignore[return-value]


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's bytes as they lie there."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def survey(file: LandingFile) -> Survey:
    """Fingerprint a file and, if it is text, judge all its bytes; UserError if they are no UTF-8 or no gzip."""
    if file.format == "parquet":
        return Survey(sha256_of(file.path))
    fingerprint = hashlib.sha256()
    shape = _Shape()
    try:
        for block in _content(file, fingerprint):
            shape.add(block)
        shape.end()
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise UserError("is not a complete gzip file") from error
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror or error}") from error
    sha256 = sha256_of(file.path) if file.is_gzipped else fingerprint.hexdigest()
    return Survey(sha256, shape.is_bounded, shape.is_plain, shape.lines, shape.blank_lines_at_end)


def _content(file: LandingFile, fingerprint: "hashlib._Hash") -> Iterator[memoryview]:
    """The content block by block, each in the place of the one before."""
    size = file.path.stat().st_size
    length = 0
    block = memoryview(bytearray(BLOCK))
    with open_bytes(file) as content:
        while count := content.readinto(block):  # type: ignore[attr-defined]
            length += count
            if file.is_gzipped:
                check_expansion(size, length)
            else:
                fingerprint.update(block[:count])
            yield block[:count]


def check_expansion(size: int, length: int) -> None:
    """UserError if `length` bytes of text are more than a compressed file of `size` bytes may hold."""
    if length > min(max(EXPANSION * size, SMALL_EXPANSION), LARGEST_EXPANSION):
        raise UserError(f"looks like a decompression bomb: it holds over {length // 1024**2} MiB in {size} bytes")


class _Shape:
    """Judges text block by block: encoding, and whether it is plain (see Survey)."""

    def __init__(self) -> None:
        self.is_bounded = True
        self.is_plain = True
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._tail = b""
        self._start = b""
        self._breaks = self._returns = self._pairs = 0
        self._found, self._next_to = np.empty(BLOCK, bool), np.empty(BLOCK, bool)

    def add(self, content: memoryview) -> None:
        """Most text has nothing that is worth looking closer at; to find that out takes a tenth of the time."""
        text = np.frombuffer(content, np.uint8)
        edge = self._tail[-3:] + bytes(content[:2])
        has_returns = self._has(text, b"\r") or b"\r" in edge
        if self._has(text, b'"'):
            self.is_plain = False
        self._has(text, b"\n")
        breaks = int(np.count_nonzero(self._found[: len(text)]))
        adjacent = np.logical_and(
            self._found[1 : len(text)], self._found[: len(text) - 1], out=self._next_to[: len(text) - 1]
        )
        has_blank = bool(adjacent.any()) or b"\n\n" in edge
        is_ascii = int(text.max()) < 128
        if len(text) == BLOCK and not breaks:
            self.is_bounded = self.is_plain = False
        is_cut = bool(self._decoder.getstate()[0])  # in the middle of a character
        is_usual = is_ascii and self._start and not (is_cut or has_returns or has_blank)
        block = b"" if is_usual else bytes(content)
        self._decode(block, is_ascii)
        self._start = self._start or block[:8].removeprefix(codecs.BOM_UTF8)
        self._breaks += breaks
        if has_returns:
            joined = self._tail + block
            self._returns += block.count(b"\r")
            self._pairs += joined.count(b"\r\n") - self._tail.count(b"\r\n")
        if has_returns or has_blank:
            self.is_plain = self.is_plain and not _has_blank_line(self._tail + block)
        self._tail = (self._tail + bytes(content[-4096:]))[-4096:]

    def _has(self, text: "np.ndarray", character: bytes) -> bool:
        """Whether a character stands in a block; `_found` then says where."""
        return bool(np.equal(text, ord(character), out=self._found[: len(text)]).any())

    def _decode(self, block: bytes, is_ascii: bool = False, final: bool = False) -> None:
        kept, _ = self._decoder.getstate()
        if not kept and self._start and is_ascii:
            return
        if not self._start and _has_wide_characters(block):
            raise UserError("is not UTF-8 text; it looks like UTF-16 or UTF-32")
        try:
            self._decoder.decode(block, final)
        except UnicodeDecodeError as error:
            line = self._breaks + (kept + block).count(b"\n", 0, error.start) + 1
            raise UserError(f"is not UTF-8 text: line {line}") from error

    def end(self) -> None:
        self._decode(b"", final=True)
        one_break = self._returns == self._pairs and self._returns in (0, self._breaks)
        self.is_plain = self.is_plain and one_break and self._start[:1] not in (b"\n", b"\r")

    @property
    def lines(self) -> int:
        return self._breaks - self._breaks_at_end + 1

    @property
    def blank_lines_at_end(self) -> int:
        return max(self._breaks_at_end - 1, 0)

    @property
    def _breaks_at_end(self) -> int:
        return self._tail[len(self._tail.rstrip(b"\r\n")) :].count(b"\n")


def _has_wide_characters(start: bytes) -> bool:
    """Whether text begins as UTF-16 and UTF-32 do, with the mark of their byte order or with Latin letters."""
    return start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in start[:2]


def _has_blank_line(block: bytes) -> bool:
    """Whether a blank line stands before other text; those at the end of a file mean nothing."""
    if b"\n\n" not in block and b"\n\r\n" not in block:
        return False
    return re.search(rb"\n\r?\n[^\r\n]", block) is not None
