"""Documents as PDF: archival and accessible (PDF/A-2a, PDF/UA-1), with the fonts that come with the typesetter.

A text with characters that those fonts lack (Chinese, say) is set with the machine's fonts. Where that is no archival
document either, characters that mean nothing by themselves are left out; and where no font has others, boxes stand in
their place. A notice then refers to the HTML document, which has them in the reader's fonts. An invoice is
sealed by then, so nothing that its texts hold may stop this: at worst there is no PDF.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

import typst

from python_assets.documents.facts import Facts
from python_assets.documents.texts import code_points, is_invisible, rewritten, special_in, texts_of, without_special

TEMPLATE = Path(__file__).parent / "invoice.typ"
_STANDARDS = ["a-2a", "ua-1"]
_NOTICE = "Some characters cannot be shown here: the HTML document of this invoice has them."
_MOST_TEXTS = 10  # of a document: each takes several attempts to find
LEFT_OUT = "characters that an archival PDF cannot hold were left out"
BOXES = "no font has all of its characters: the PDF has boxes for them and is not archival; the HTML document has them"
NO_PDF = "it could not be set as a PDF; the HTML document is there"


@dataclass(frozen=True)
class Problem:
    """Why a document is not as it should be: which text of which tenant's invoice, in ASCII, and what became of it."""

    invoice_id: str
    tenant_id: str
    field: str
    text: str
    problem: str


@dataclass(frozen=True)
class SetDocument:
    """A PDF, if one could be made; whether it is the same on every machine; and what is wrong with it."""

    pdf: bytes | None
    is_portable: bool = False
    problems: list[Problem] = field(default_factory=list)


class Typesetter:
    """Sets documents one after the other; what they share is worked out once."""

    def __init__(self) -> None:
        self._compilers: dict[bool, typst.Compiler] = {}

    def set(self, facts: Facts) -> SetDocument:
        """The document of these facts. It never fails because of what they say."""
        if pdf := self._compiled(facts):
            return SetDocument(pdf, True)
        if pdf := self._compiled(facts, of_machine=True):
            return SetDocument(pdf)
        special = [(name, text) for name, text in texts_of(facts) if special_in(text)]
        if special and (pdf := self._archival(_without_special(facts))):
            left_out = [(name, text, f"{LEFT_OUT}: {code_points(special_in(text))}") for name, text in special]
            return SetDocument(pdf, problems=_problems(facts, left_out))
        pdf = self._compiled(_with_notice(facts), of_machine=True, archival=False)
        # One of the whole document where no text by itself is at fault.
        at_fault = [
            (name, text, BOXES if pdf else NO_PDF) for name, text in self._at_fault(facts) or [("document", "")]
        ]
        return SetDocument(pdf, problems=_problems(facts, at_fault))

    def _archival(self, facts: Facts) -> bytes | None:
        return self._compiled(facts) or self._compiled(facts, of_machine=True)

    def _at_fault(self, facts: Facts) -> list[tuple[str, str]]:
        """Texts for each of which alone there is no archival document, some at most."""
        found: list[tuple[str, str]] = []

        def search(texts: list[tuple[str, str]]) -> None:
            if len(found) >= _MOST_TEXTS or self._archival(_with_these_alone(facts, texts)):
                return
            if len(texts) == 1:
                found.extend(texts)
                return
            search(texts[: len(texts) // 2])
            search(texts[len(texts) // 2 :])

        search([(name, text) for name, text in texts_of(facts) if not text.isascii()])
        return found

    def _compiled(self, facts: Facts, of_machine: bool = False, archival: bool = True) -> bytes | None:
        """None if it cannot be set so: an archival document must show and name every character."""
        compiler = self._compilers.get(of_machine) or typst.Compiler(
            root=TEMPLATE.parent, ignore_system_fonts=not of_machine
        )
        self._compilers[of_machine] = compiler
        try:
            return compiler.compile(_document(facts), pdf_standards=_STANDARDS if archival else [])
        except typst.TypstError:
            return None
        except (KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError):
            raise
        except BaseException:  # A panic of the typesetter is no Exception, and may leave it unusable.
            del self._compilers[of_machine]
            return None


def _problems(facts: Facts, texts: list[tuple[str, str, str]]) -> list[Problem]:
    return [
        Problem(
            invoice_id=facts["invoice_id"],
            tenant_id=facts["buyer"]["account"],
            field=name,
            text=text[:200].encode("ascii", "backslashreplace").decode(),
            problem=problem,
        )
        for name, text, problem in texts
    ]


def no_pdf(facts: Facts) -> Problem:
    """That a document has no PDF, and nobody knows which text is at fault."""
    return _problems(facts, [("document", "", NO_PDF)])[0]


def _without_special(facts: Facts) -> Facts:
    rest = rewritten(facts, lambda _, text: without_special(text))
    lost = "".join(special_in(text) for _, text in texts_of(facts))
    return rest if is_invisible(lost) else _with_notice(rest)


def _with_these_alone(facts: Facts, texts: list[tuple[str, str]]) -> Facts:
    kept = set(texts)
    return rewritten(facts, lambda name, text: text if (name, text) in kept else "x")


def _with_notice(facts: Facts) -> Facts:
    return facts | {"notices": [*facts["notices"], _NOTICE]}


def _document(facts: Facts) -> bytes:
    """The template called with these facts. They could be given as inputs of the compiler, which then takes its whole
    library for a new one with every document."""
    text = json.dumps(facts, ensure_ascii=False).replace("\\", "\\\\").replace('"', '\\"')
    return f'#import "{TEMPLATE.name}": invoice\n#invoice(json(bytes("{text}")))'.encode()
