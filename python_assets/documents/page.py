"""A document as a page: one HTML file that needs nothing else, for a screen of any width and for paper."""

from pathlib import Path

import jinja2

from python_assets.documents.facts import Facts

TEMPLATE = Path(__file__).parent / "invoice.html.jinja"


class PageSetter:
    """Sets pages one after the other; the template is read once."""

    def __init__(self) -> None:
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(TEMPLATE.parent),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._template = environment.get_template(TEMPLATE.name)

    def page(self, facts: Facts, fingerprint: str, pdf_sha256: str) -> bytes:
        """The page of these facts. It names what made it and the PDF beside it, so that both can be known again."""
        return self._template.render(facts, fingerprint=fingerprint, pdf_sha256=pdf_sha256).encode()
