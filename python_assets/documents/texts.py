"""The texts of a document that others wrote: where each comes from, and which of its
characters an archival PDF may refuse."""

import unicodedata
from collections.abc import Callable
from typing import Any

from python_assets.documents.facts import Facts

_JOINERS = "\u200c\u200d"  # They have no shape, but letters and emoji beside them depend on them.
_LEFT_OUT = ("Cf", "Co", "Cn")  # format characters, those for private use, those that are not assigned
# Of these, what no font and no browser shows.
_INVISIBLE = {0xAD, 0x61C, 0x180E, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF}


def rewritten(facts: Facts, rewrite: Callable[[str, str], str]) -> Facts:
    """The facts with each text replaced by what `rewrite` makes of (field, text)."""
    supplier, buyer = facts["supplier"], facts["buyer"]
    return facts | {
        "supplier": supplier
        | {
            "name": rewrite("supplier's name", supplier["name"]),
            "address": [rewrite("supplier's address", line) for line in supplier["address"]],
            "email": rewrite("supplier's e-mail", supplier["email"]),
        },
        "buyer": buyer
        | {
            "name": rewrite("tenant's name", buyer["name"]),
            "email": rewrite("tenant's e-mail", buyer["email"]),
        },
        "sections": [_section(section, rewrite) for section in facts["sections"]],
    }


def _section(section: Facts, rewrite: Callable[[str, str], str]) -> Facts:
    name = rewrite(f"name of deployment {section['id']}" if section["id"] else "heading", section["name"])
    lines: list[dict[str, Any]] = []
    for number, line in enumerate(section["lines"], start=1):
        field = f"description of line {number} of {section['id'] or section['name']}"
        lines.append(line | {"description": rewrite(field, line["description"])})
    return section | {"name": name, "lines": lines}


def texts_of(facts: Facts) -> list[tuple[str, str]]:
    """(field, text) of each text, in the document's order."""
    found: list[tuple[str, str]] = []

    def note(field: str, text: str) -> str:
        found.append((field, text))
        return text

    rewritten(facts, note)
    return found


def without_special(text: str) -> str:
    """Text without characters that mean nothing by themselves, which an archival PDF may refuse."""
    return text if text.isascii() else "".join(c for c in text if not _is_special(c)).strip()


def special_in(text: str) -> str:
    """The characters that `without_special` leaves out."""
    return "".join(c for c in text if _is_special(c))


def is_invisible(text: str) -> bool:
    """Whether nobody misses any of these characters."""
    return all(ord(c) in _INVISIBLE for c in text)


def _is_special(character: str) -> bool:
    return character not in _JOINERS and unicodedata.category(character) in _LEFT_OUT


def code_points(text: str) -> str:
    """The different characters of a text as `U+FEFF`, twelve at most."""
    points = [f"U+{ord(c):04X}" for c in dict.fromkeys(text)]
    return ", ".join(points[:12]) + (" …" if len(points) > 12 else "")
