"""What a whole answer looks like: faults that status and length of an HTTP answer do not show.

A check takes the bytes of an answer and gives its fault, or None. It must not be stricter than ingest: what is odd
but whole is delivered and judged there.
"""

import csv
import json
from collections.abc import Callable
from typing import Any

from python_assets.errors import UserError

Check = Callable[[bytes], str | None]
_CSV_COLUMNS = ("product", "description", "start", "end", "USD")


class Unusable(UserError):
    """An answer that cannot be used although the API can be reached; other questions may still be answered."""


def json_with(*names: str) -> Check:
    """A check for a JSON object that has these members."""

    def check(content: bytes) -> str | None:
        try:
            document = json.loads(content.decode())  # UTF-8 alone, as ingest reads it
        except (ValueError, RecursionError):
            return "is cut off or no JSON"
        lacking = [name for name in names if not isinstance(document, dict) or name not in document]
        return f"has no {', '.join(lacking)}" if lacking else None

    return check


def page_of(key: str) -> Check:
    """A check for one page of a list: a JSON object whose member `key` is a list of objects."""

    def check(content: bytes) -> str | None:
        fault = json_with(key)(content)
        if fault:
            return fault
        entries = json.loads(content)[key]
        is_list = isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries)
        return None if is_list else f"has a '{key}' that is no list of objects"

    return check


def invoice_csv(content: bytes) -> str | None:
    """A check for an invoice's CSV: UTF-8, the columns that ingest needs, and a last record that is not cut off."""
    try:
        lines = content.decode("utf-8-sig").splitlines(keepends=True)
        records = [record for record in csv.reader(lines) if record]
    except UnicodeDecodeError:
        return "is no UTF-8 text"
    except csv.Error:
        return None  # too large or too odd for this reader; ingest says what is wrong with which record
    header = records[0] if records else []
    lacking = [name for name in _CSV_COLUMNS if name not in header]
    if lacking:
        return f"is no invoice CSV: it has no {', '.join(lacking)}"
    is_cut_off = len(records[-1]) < len(header) or (len(records) == 1 and not lines[-1].endswith("\n"))
    return "is cut off" if is_cut_off else None


def object_in(document: Any, *path: str) -> Any:
    """The member at a path of nested JSON objects, None if any part of it is not there."""
    for name in path:
        document = document.get(name) if isinstance(document, dict) else None
    return document
