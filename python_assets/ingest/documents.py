"""JSON documents that lie beside or instead of rows: a provider's answers, an export's declaration.

Turns a document into rows of text for the same checks as any other row; a record is an item, from 1.
"""

import json
from collections.abc import Iterator
from typing import Any

from python_assets.errors import UserError
from python_assets.ingest.feeds import Table
from python_assets.ingest.files import RECORD_LIMIT, LandingFile, open_bytes
from python_assets.ingest.readers.base import NO_OBJECT, TOO_DEEP, PythonSource, Rejects, check_size
from python_assets.ingest.readers.jsonl import DECODER, json_text

DOCUMENT_LIMIT = 16 * 1024 * 1024  # bytes of a JSON document; as objects it may take forty times as much memory


def read_document(file: LandingFile, limit: int = RECORD_LIMIT) -> Any:
    """The JSON document in a file, numbers as written; UserError if it is none, or has over `limit` bytes."""
    with open_bytes(file) as content:
        document = content.read(limit + 1)
    if len(document) > limit:
        raise UserError(f"is over {limit:,} bytes long")
    try:
        return DECODER.decode(document.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        raise UserError(f"is not JSON: line {error.lineno}") from error
    except (RecursionError, ValueError) as error:
        raise UserError("is not JSON") from error


def document_source(file: LandingFile, table: Table) -> PythonSource:
    """The rows of a provider's document."""
    limit = DOCUMENT_LIMIT if table.name == "digitalocean_items" else RECORD_LIMIT
    items = _ITEMS[table.name](read_document(file, limit))
    return PythonSource(table, DocumentRows(items, table, file.subject), first_record=1)


class DocumentRows:
    """Rows from a list of objects; `item_number` and `invoice_uuid` come from the list and the file's name."""

    fault = ""
    consumed = 0

    def __init__(self, items: list[Any], table: Table, subject: str):
        self.rejects = Rejects()
        self._items = items
        self._table = table
        self._subject = subject

    def rows(self) -> Iterator[tuple[int, list[str | None]]]:
        for record, item in enumerate(self._items, 1):
            try:
                if isinstance(item, dict):
                    item = item | {"invoice_uuid": self._subject, "item_number": str(record)}
                    row = [json_text(item.get(column)) for column in self._table.column_names]
                    check_size(f"record {record}", sum(len((text or "").encode("utf-8", "replace")) for text in row))
                    yield record, row
                else:
                    self.rejects.add(record, None, json_text(item), NO_OBJECT)
            except RecursionError:
                self.rejects.add(record, None, None, TOO_DEEP)


def _summary(document: Any) -> list[Any]:
    """The one row of an invoice summary: its totals, which stand in nested objects."""
    summary = _object(document, "an invoice summary")
    totals = {"taxes_amount": "taxes", "credits_amount": "credits_and_adjustments"}
    nested = {column: summary.get(part) for column, part in totals.items()}
    amounts = {column: part.get("amount") if isinstance(part, dict) else part for column, part in nested.items()}
    return [summary | amounts]


def _items(document: Any) -> list[Any]:
    """The items of an invoice: one page, a bare list, or a list of pages."""
    pages = document if isinstance(document, list) else [_object(document, "a page of invoice items")]
    items: list[Any] = []
    for page in pages:
        is_page = isinstance(page, dict) and "invoice_items" in page
        items += page["invoice_items"] if is_page and isinstance(page["invoice_items"], list) else [page]
    if isinstance(document, dict) and items == [document]:
        raise UserError("is no page of invoice items: 'invoice_items' is missing")
    return items


def _balance(document: Any) -> list[Any]:
    return [_object(document, "a balance")]


def _object(document: Any, what: str) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise UserError(f"is not {what}: it must be a JSON object")
    return document


_ITEMS = {"digitalocean_summaries": _summary, "digitalocean_items": _items, "digitalocean_balance": _balance}
