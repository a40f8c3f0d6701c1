"""`documents/<invoice_id>.pdf` and `.html` of a month: what is new is set, what has not changed is linked.

A document that was issued is not made a second time: the one of the publication before is taken over, if it was made of
the same facts by the same templates and is still what was written then. Both are told by content: the page names the
fingerprint of what it was made of and the SHA-256 of its PDF, and must itself come out the same.
"""

import json
from datetime import date
from importlib.metadata import version
from pathlib import Path

import duckdb

from python_assets.documents.facts import Facts, documents_of
from python_assets.documents.page import page
from python_assets.documents.setting import Problems, fingerprint, set_documents, sha256
from python_assets.home import Home
from python_assets.links import link_or_copy

PROBLEMS = "problems.json"
_TEMPLATE = Path(__file__).with_name("invoice.typ")


def write_documents(
    home: Home, marts: duckdb.DuckDBPyConnection, period: date, folder: Path, previous: Path | None
) -> int:
    """Writes the documents of a month's issued invoices, void ones too, into `folder/documents`; how many invoices.

    `previous` is the month's folder in the publication before, if there is one. Drafts have no document. Documents that
    could not be set as they should be are listed in `problems.json` beside them, which is there for these alone.
    """
    target, before = folder / "documents", previous / "documents" if previous else None
    made_by = f"typst {version('typst')}\n".encode() + _TEMPLATE.read_bytes()
    documents = documents_of(marts, period, home.config.supplier)
    new = (facts for facts in documents if not (before and _took_over(facts, before, target, made_by)))
    problems = set_documents(new, target, made_by)
    if problems:
        (target / PROBLEMS).write_text(json.dumps(problems, indent=2) + "\n", "utf-8")
    return sum(1 for _ in target.glob("*.html"))


def document_problems(folder: Path) -> Problems:
    """What the exports of a month say of documents that could not be set as they should be."""
    try:
        return json.loads((folder / "documents" / PROBLEMS).read_text("utf-8"))
    except FileNotFoundError:
        return []


def _took_over(facts: Facts, before: Path, target: Path, made_by: bytes) -> bool:
    """Whether both files are as they would be made: then they are linked."""
    pdf, html = (before / f"{facts['invoice_id']}{ending}" for ending in (".pdf", ".html"))
    if not (pdf.is_file() and html.is_file()):
        return False
    if html.read_bytes() != page(facts, fingerprint(facts, made_by), sha256(pdf.read_bytes())):
        return False
    target.mkdir(parents=True, exist_ok=True)
    for file in (pdf, html):
        link_or_copy(file, target / file.name)
    return True
