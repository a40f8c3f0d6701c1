"""JSON Lines, and JSON values as the texts that were written."""

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from python_assets.ingest.feeds import Table
from python_assets.ingest.files import LandingFile, open_bytes
from python_assets.ingest.readers.base import NO_OBJECT, Lines, Rejects, listed, missing_columns


class Number(str):
    """A JSON number as it is written."""

    __slots__ = ()  # millions of them may stand in a line


def _no_constant(text: str) -> None:
    raise ValueError(f"{text} is no JSON")


# Whole numbers repeat, and each is an object; a line of zeros would take eighty times its size.
DECODER = json.JSONDecoder(parse_float=Number, parse_int=lru_cache(maxsize=4096)(Number), parse_constant=_no_constant)


def json_text(value: Any) -> str | None:
    """A JSON value as a cell: text as it is, numbers as written, nested values as compact JSON."""
    if value is None or isinstance(value, str):
        return value
    return compact_json(value)


def compact_json(value: Any) -> str:
    """JSON without spaces, with its numbers as they were written."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{compact_json(key)}:{compact_json(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(compact_json, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


class JsonObjects:
    """The objects of a JSON Lines file; a record is a line. `keeps_text`: quarantine shows lines that are none."""

    def __init__(self, file: LandingFile, keeps_text: bool = True):
        self.rejects = Rejects()
        self.fault = ""
        self.consumed = 0
        self._file = file
        self._keeps_text = keeps_text

    def __iter__(self) -> Iterator[tuple[int, dict[str, Any]]]:
        with open_bytes(self._file) as content:
            lines = Lines(content)
            for record, self._line in enumerate(lines, 1):
                lines.begin(record + 1)
                self.consumed = lines.consumed
                if self._line == "\n":
                    self.rejects.add_blank(record)
                    continue
                try:
                    parsed = _json_object(self._line)
                except (ValueError, RecursionError):
                    self.reject(record)
                else:
                    yield record, parsed

    def reject(self, record: int) -> None:
        """Set aside the line that is being read."""
        if self._line.strip():
            self.rejects.add(record, None, self._line.strip("\r\n") if self._keeps_text else None, NO_OBJECT)
        else:
            self.rejects.add_blank(record)


class JsonLines(JsonObjects):
    """The rows of a JSON Lines file. `fault` is known once they were read."""

    def __init__(self, file: LandingFile, table: Table):
        super().__init__(file)
        self._table = table

    def rows(self) -> Iterator[tuple[int, list[str | None]]]:
        columns = self._table.column_names
        missing = set(self._table.required)
        seen: dict[str, None] = {}
        for record, parsed in self:
            try:
                row = [json_text(parsed.get(column)) for column in columns]
            except RecursionError:
                self.reject(record)
                continue
            if missing:
                missing -= parsed.keys()
                seen.update(dict.fromkeys(parsed))
            yield record, row
        if missing and seen:
            wanted = [column for column in self._table.required if column in missing]
            self.fault = f"{missing_columns(wanted)}; the lines have: {listed(seen)}"


def _json_object(line: str) -> dict[str, Any]:
    parsed = DECODER.decode(line)
    if not isinstance(parsed, dict):
        raise ValueError(NO_OBJECT)
    return parsed
