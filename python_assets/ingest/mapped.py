"""Records of other systems to rows: CSV, JSON Lines, JSON and Parquet through a mapping (see `mapping.py`).

Only the fields that a mapping names are taken. Whole lines never reach quarantine from here: they may hold what
people wrote. Everything is text, as it was written, up to the checks that all rows share.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from decimal import Context, Decimal, DecimalException, Inexact, InvalidOperation, Overflow
from typing import Any

from python_assets.errors import UserError
from python_assets.ingest.files import ID, LandingFile, cut
from python_assets.ingest.mapping import Mapping, Rule
from python_assets.ingest.readers.base import NO_TEXT, PythonSource, Rejects, listed
from python_assets.ingest.readers.jsonl import DECODER
from python_assets.ingest.records import (
    NO_SINGLE,
    CsvObjects,
    Fields,
    JsonItems,
    JsonLineRecords,
    ParquetObjects,
    Records,
)
from python_assets.ingest.values import MISSING

NUMBER_LENGTH = 200  # characters of a number that is multiplied
_EXACT = Context(prec=2 * NUMBER_LENGTH, traps=[Inexact, InvalidOperation, Overflow])
_ABSENT = object()
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")

Maker = Callable[[Fields], str | None]
Step = Callable[[str | None], str | None]


def mapped_source(file: LandingFile, mapping: Mapping) -> PythonSource:
    """The rows of a file that has a mapping; UserError if it is not of its format or lacks a required field."""
    records = _RECORDS[file.format](file, mapping.fields)
    if records.names:  # known before any record, which a header alone has not
        missing = [names for names in _needs(mapping) if not any(_may_be(field, records.names) for field in names)]
        if missing:
            raise UserError(_missing_fields(missing, mapping, records.names))
    return PythonSource(mapping.table, MappedRows(records, mapping), 2 if file.format == "csv" else 1, mapping.origins)


_RECORDS: dict[str, Callable[[LandingFile, list[str]], Records]] = {
    "csv": CsvObjects,
    "jsonl": JsonLineRecords,
    "json": JsonItems,
    "parquet": ParquetObjects,
}


def _may_be(field: str, names: dict[str, None]) -> bool:
    return field in names or field.split(".")[0] in names


class Unmappable(Exception):
    """A record that gives no row: the field, its text if that may be kept, and why."""


class MappedRows:
    """Rows of a table, made of records by a mapping."""

    def __init__(self, records: Records, mapping: Mapping):
        self.fault = ""
        self._records = records
        self._mapping = mapping
        self._where = mapping.where
        self._makers = [_maker(mapping, column) for column in mapping.table.column_names]
        self._skipped = [
            [(_taker(field), set(texts)) for field, texts in condition.items()] for condition in mapping.skip
        ]
        self._expected = [(field, _taker(field), set(values)) for field, values in mapping.expect.items()]

    @property
    def rejects(self) -> Rejects:
        return self._records.rejects

    @property
    def consumed(self) -> int:
        return self._records.consumed

    def rows(self) -> Iterator[tuple[int, list[str | None]]]:
        missing = _needs(self._mapping)
        found_any = False
        for record, fields in self._records:
            found_any = True
            if missing:
                missing = [names for names in missing if all(_find(fields, field) is _ABSENT for field in names)]
            try:
                if self._is_skipped(fields):
                    self.rejects.skipped.append(record)
                    continue
                self._check(fields)
                row = [make(fields) for make in self._makers]
            except Unmappable as error:
                self.rejects.add(record, *error.args)
            else:
                yield record, row
        self.fault = self._records.fault
        if missing and found_any:
            self.fault = self.fault or _missing_fields(missing, self._mapping, self._records.names)

    def _is_skipped(self, fields: Fields) -> bool:
        """Whether a record meets a condition: each of its fields has one of the texts; an absent field is empty."""
        return any(all((take(fields) or "") in texts for take, texts in condition) for condition in self._skipped)

    def _check(self, fields: Fields) -> None:
        for field, take, allowed in self._expected:
            if (text := take(fields)) not in allowed:
                raise Unmappable(field, text, f"is not {cut(' or '.join(sorted(allowed)))}, as {self._where} expects")


def _needs(mapping: Mapping) -> list[tuple[str, ...]]:
    """Fields without which no row is complete: of each tuple one must be there."""
    rules = [mapping.columns[column] for column in mapping.table.required]
    return list(dict.fromkeys(names for rule in rules if rule.default is None for names in rule.alternatives))


def _missing_fields(missing: list[tuple[str, ...]], mapping: Mapping, names: dict[str, None]) -> str:
    wanted = ", ".join(" or ".join(f"'{field}'" for field in fields) for fields in missing)
    return f"{wanted} of {mapping.where} is in no record; they have: {listed(names)}"


def _find(fields: Fields, path: str) -> Any:
    """What stands at a path: under that very name, or inside objects, also where these are written as text."""
    if path in fields:
        return fields[path]
    value: Any = fields
    for part in path.split("."):
        if type(value) is str and value[:1] == "{":
            value = _object(value)
        if not isinstance(value, dict) or part not in value:
            return _ABSENT
        value = value[part]
    return value


def _object(text: str) -> Any:
    try:
        return DECODER.decode(text)
    except (ValueError, RecursionError):
        return None


def _taker(path: str) -> Maker:
    """Takes a field's text; empty text is null."""

    def take(fields: Fields) -> str | None:
        value = fields.get(path) if path in fields else _find(fields, path)
        if isinstance(value, str):
            return value or None
        if value is None or value is _ABSENT:
            return None
        if isinstance(value, bool):
            return "true" if value else "false"
        raise Unmappable(path, None, NO_SINGLE)

    return take


def _maker(mapping: Mapping, column: str) -> Maker:
    """Makes the text of a column."""
    rule = mapping.columns.get(column)
    if rule is None:
        return lambda fields: None
    is_required = column in mapping.table.required and rule.default is None
    make = _source(rule, is_required)
    origin = mapping.origins.get(column, column)
    for step in _steps(rule, origin, mapping.where):
        make = _then(make, step)
    return make


def _then(make: Maker, step: Step) -> Maker:
    return lambda fields: step(make(fields))


def _source(rule: Rule, is_required: bool) -> Maker:
    takers = [_taker(field) for field in rule.fields]
    if rule.constant is not None:
        return lambda fields: rule.constant or None
    if rule.template is not None:
        return _template(rule.template, rule.fields, takers)
    if rule.id_of is not None:
        return _id(rule.id_of, takers, is_required)
    if len(takers) == 1:
        return takers[0]
    return lambda fields: next((text for take in takers if (text := take(fields)) is not None), None)


def _template(template: str, names: list[str], takers: list[Maker]) -> Maker:
    """Text with fields in it; null if one of them is."""
    pieces = re.split(r"\{[^{}]+\}", template)

    def make(fields: Fields) -> str | None:
        texts = [take(fields) for take in takers]
        if None in texts:
            return None
        return pieces[0] + "".join(f"{text}{piece}" for text, piece in zip(texts, pieces[1:], strict=True))

    return make


def _id(names: list[str], takers: list[Maker], is_required: bool) -> Maker:
    """An id of another system (contract, "Values"): itself if it is one text that fits, else a hash of its parts."""

    def make(fields: Fields) -> str | None:
        parts = []
        for field, take in zip(names, takers, strict=True):
            text = take(fields)
            if text is None and is_required:
                raise Unmappable(field, None, MISSING)
            if text is None:
                return None
            parts.append(text)
        if len(parts) == 1 and ID.fullmatch(parts[0]):
            return parts[0]
        try:
            return "h:" + hashlib.sha256("\0".join(parts).encode()).hexdigest()[:40]
        except UnicodeEncodeError as error:
            raise Unmappable(", ".join(names), None, NO_TEXT) from error

    return make


def _steps(rule: Rule, origin: str, where: str) -> Iterator[Step]:
    """What is done to a text that was taken."""
    if rule.default is not None:
        yield lambda text: text if text is not None else rule.default or None
    if rule.values is not None:
        yield _value_map(rule.values, rule.otherwise, origin, where)
    if rule.multiply is not None:
        yield _multiplication(Decimal(rule.multiply), origin)


def _value_map(values: dict[str, str], otherwise: str | None, origin: str, where: str) -> Step:
    def look_up(text: str | None) -> str | None:
        if text is None or text in values:
            return values[text] or None if text else None
        if otherwise is None:
            raise Unmappable(origin, text, f"is none of the values that {where} lists")
        return otherwise or None

    return look_up


def _multiplication(factor: Decimal, origin: str) -> Step:
    """Exact; what is no number stays as it is, for the checks that follow."""

    def multiply(text: str | None) -> str | None:
        if text is None or not _NUMBER.fullmatch(text):
            return text
        try:
            if len(text) <= NUMBER_LENGTH:
                return str(_EXACT.multiply(_EXACT.create_decimal(text), factor))
        except DecimalException:
            pass
        raise Unmappable(origin, text, "is too long a number to be multiplied")

    return multiply
