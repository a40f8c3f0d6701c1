"""Documents as PDF: archival and accessible (PDF/A-2a, PDF/UA-1), with the fonts that come with the typesetter.

A text with characters that those fonts lack (Chinese, say) is set with the machine's fonts; if they lack them too,
boxes stand in their place, and a notice refers to the HTML document, which has them in the reader's fonts.
"""

import json
from functools import cached_property
from pathlib import Path

import typst

from python_assets.documents.facts import Facts

TEMPLATE = Path(__file__).parent / "invoice.typ"
_STANDARDS = ["a-2a", "ua-1"]
# Of a character that no font has, and of one that says nothing (for private use).
_NO_ARCHIVAL_TEXT = ("could not be displayed", "PDF contains the codepoint")
_NOTICE = "Some characters cannot be shown here: the HTML document of this invoice has them."


class Typesetter:
    """Sets documents one after the other; what they share is worked out once."""

    def __init__(self) -> None:
        self._compiler = typst.Compiler(root=TEMPLATE.parent, ignore_system_fonts=True)

    @cached_property
    def _compiler_with_fonts_of_machine(self) -> typst.Compiler:
        return typst.Compiler(root=TEMPLATE.parent)

    def pdf(self, facts: Facts) -> tuple[bytes, bool]:
        """The document of these facts, and whether it is the same on every machine."""
        if (pdf := _archival(self._compiler, facts)) is not None:
            return pdf, True
        if (pdf := _archival(self._compiler_with_fonts_of_machine, facts)) is not None:
            return pdf, False
        return self._compiler.compile(_document(facts | {"notices": [*facts["notices"], _NOTICE]})), False


def _archival(compiler: typst.Compiler, facts: Facts) -> bytes | None:
    """None if the compiler's fonts lack a character, or it has no meaning: an archival document must show every one."""
    try:
        return compiler.compile(_document(facts), pdf_standards=_STANDARDS)
    except typst.TypstError as error:
        if any(reason in error.message for reason in _NO_ARCHIVAL_TEXT):
            return None
        raise


def _document(facts: Facts) -> bytes:
    """The template called with these facts. They could be given as inputs of the compiler, which then takes its whole
    library for a new one with every document."""
    text = json.dumps(facts, ensure_ascii=False).replace("\\", "\\\\").replace('"', '\\"')
    return f'#import "{TEMPLATE.name}": invoice\n#invoice(json(bytes("{text}")))'.encode()
