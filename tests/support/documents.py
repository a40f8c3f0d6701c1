"""Documents of invoices made by hand: written, and read back as text."""

import html
import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pypdf

from python_assets.documents import write_documents
from python_assets.home import Config, Home, Supplier
from support.issued import MAY, Issued

HARBOUR = Supplier("Harbour Grove Cloud Pty Ltd", "51824753556", "Level 2\nHobart TAS 7000", "accounts@example.com")


@dataclass(frozen=True)
class Document:
    """The texts of both formats, blanks as one space."""

    pdf: str
    page: str
    pages: list[str]

    @property
    def both(self) -> tuple[str, str]:
        return self.pdf, self.page


def read(folder: Path, invoice_id: str) -> Document:
    pages = [sheet.extract_text() for sheet in pypdf.PdfReader(folder / f"{invoice_id}.pdf").pages]
    body = (folder / f"{invoice_id}.html").read_text("utf-8").partition("<body>")[2]
    return Document(one_line(" ".join(pages)), one_line(html.unescape(re.sub(r"<[^>]+>", " ", body))), pages)


def places(pdf: Path, text: str) -> list[float]:
    """Where a text begins on a document's pages, in points from the left edge."""
    found = []

    def visit(part: str, outer: list[float], inner: list[float], *_: object) -> None:
        if part.strip() == text:
            found.append(inner[4] * outer[0] + outer[4])

    for sheet in pypdf.PdfReader(pdf).pages:
        sheet.extract_text(visitor_text=visit)
    return found


def one_line(text: str) -> str:
    return " ".join(text.split())


def money(cents: int) -> str:
    return f"{Decimal(cents).scaleb(-2):,.2f}".replace("-", "\N{MINUS SIGN}")


def write(issued: Issued, folder: Path, previous: Path | None = None, supplier: Supplier = HARBOUR) -> Path:
    """The folder of the documents of May."""
    write_documents(Home(Path("nowhere"), Config(supplier=supplier)), issued.marts, MAY, folder, previous)
    return folder / "documents"
