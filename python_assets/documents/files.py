"""`documents/<invoice_id>.pdf` and `.html` of a month: what is new is set, what has not changed is linked.

A document that was issued is not made a second time: the one of the publication before is taken over, if it was made of
the same facts by the same templates and is still what was written then. Both are told by content: the page names the
fingerprint of what it was made of and the SHA-256 of its PDF, and must itself come out the same.
"""

import hashlib
import json
from datetime import date
from importlib.metadata import version
from itertools import islice
from pathlib import Path

import duckdb

from python_assets.documents.facts import Facts, documents_of
from python_assets.documents.page import page
from python_assets.home import Home
from python_assets.links import link_or_copy

# A document whose looks depend on the fonts of the machine is made anew each time: they may have come since.
_NEVER_THE_SAME = ""
_TEMPLATE = Path(__file__).with_name("invoice.typ")
_BATCH = 4000


def write_documents(
    home: Home, marts: duckdb.DuckDBPyConnection, period: date, folder: Path, previous: Path | None
) -> int:
    """Writes the documents of a month's issued invoices, void ones too, into `folder/documents`; how many invoices.

    `previous` is the month's folder in the publication before, if there is one. Drafts have no document.
    """
    press = _Press(folder / "documents", previous / "documents" if previous else None)
    documents = documents_of(marts, period, home.config.supplier)
    count = 0
    while batch := list(islice(documents, _BATCH)):
        press.write(batch)
        count += len(batch)
    return count


class _Press:
    def __init__(self, folder: Path, previous: Path | None):
        self._folder = folder
        self._previous = previous
        self._pdf_is_made_by = f"typst {version('typst')}\n".encode() + _TEMPLATE.read_bytes()

    def write(self, documents: list[Facts]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        new = [facts for facts in documents if not self._took_over(facts)]
        if not new:
            return
        # Imported here: a run that finds all its documents has no need of the typesetter.
        from python_assets.documents.pdf import write_pdfs

        portable = write_pdfs(new, self._folder)
        for facts in new:
            pdf, html = self._paths(self._folder, facts)
            fingerprint = self._fingerprint(facts) if portable[facts["invoice_id"]] else _NEVER_THE_SAME
            html.write_bytes(page(facts, fingerprint, _sha256(pdf.read_bytes())))

    def _fingerprint(self, facts: Facts) -> str:
        """Of all that a PDF is made of."""
        return _sha256(self._pdf_is_made_by + json.dumps(facts).encode())

    def _paths(self, folder: Path, facts: Facts) -> tuple[Path, Path]:
        return folder / f"{facts['invoice_id']}.pdf", folder / f"{facts['invoice_id']}.html"

    def _took_over(self, facts: Facts) -> bool:
        if not self._previous:
            return False
        pdf, html = self._paths(self._previous, facts)
        if not (pdf.is_file() and html.is_file()):
            return False
        if html.read_bytes() != page(facts, self._fingerprint(facts), _sha256(pdf.read_bytes())):
            return False
        for file in (pdf, html):
            link_or_copy(file, self._folder / file.name)
        return True


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
