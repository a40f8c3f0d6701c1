"""A document as a page: one HTML file that needs nothing else, for a screen of any width and for paper."""

from functools import cache
from pathlib import Path

import jinja2

from python_assets.documents.facts import Facts


def page(facts: Facts, fingerprint: str, pdf_sha256: str) -> bytes:
    """The page of these facts. It names what made it and the PDF beside it, so that both can be known again."""
    return _template().render(facts, fingerprint=fingerprint, pdf_sha256=pdf_sha256).encode()


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("invoice.html.jinja")
