"""`documents/<invoice_id>.pdf` and `.html` of a month: what is new is set, what has not changed is linked.

A document that was issued is not made a second time: the one of the publication before is taken over, if it was made of
the same facts by the same templates and is still what was written then. Both are told by content: the page names the
fingerprint of what it was made of and the SHA-256 of its PDF, and must itself come out the same.
"""

import hashlib
import json
from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future
from datetime import date
from importlib.metadata import version
from pathlib import Path

import duckdb

from python_assets.documents.facts import Facts, documents_of
from python_assets.documents.page import page
from python_assets.home import Home
from python_assets.links import link_or_copy

# A document whose looks depend on the fonts of the machine is made anew each time: they may have come since.
_NEVER_THE_SAME = ""
_TEMPLATE = Path(__file__).with_name("invoice.typ")
# Documents that are being set while facts and pages of others are made: enough for the typesetters never to wait.
_AHEAD = 64


def write_documents(
    home: Home, marts: duckdb.DuckDBPyConnection, period: date, folder: Path, previous: Path | None
) -> int:
    """Writes the documents of a month's issued invoices, void ones too, into `folder/documents`; how many invoices.

    `previous` is the month's folder in the publication before, if there is one. Drafts have no document.
    """
    press = _Press(folder / "documents", previous / "documents" if previous else None)
    press.write(documents_of(marts, period, home.config.supplier))
    return sum(1 for _ in (folder / "documents").glob("*.html"))


class _Press:
    def __init__(self, folder: Path, previous: Path | None):
        self._folder = folder
        self._previous = previous
        self._pdf_is_made_by = f"typst {version('typst')}\n".encode() + _TEMPLATE.read_bytes()

    def write(self, documents: Iterable[Facts]) -> None:
        begun: deque[tuple[Facts, Future[bool]]] = deque()
        for facts in documents:
            self._folder.mkdir(parents=True, exist_ok=True)
            if not self._took_over(facts):
                begun.append((facts, self._begin(facts)))
            if len(begun) > _AHEAD:
                self._finish(*begun.popleft())
        for facts, portable in begun:
            self._finish(facts, portable)

    def _begin(self, facts: Facts) -> Future[bool]:
        # Imported here: a run that finds all its documents has no need of the typesetter.
        from python_assets.documents.pdf import begin_pdf

        return begin_pdf(facts, self._folder)

    def _finish(self, facts: Facts, portable: Future[bool]) -> None:
        """The page, when its PDF is there."""
        fingerprint = self._fingerprint(facts) if portable.result() else _NEVER_THE_SAME
        pdf, html = self._paths(self._folder, facts)
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
