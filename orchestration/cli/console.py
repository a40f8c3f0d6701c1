"""Consoles and tables for people: the one place where they are made. Not: what they say."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

_AS_WIDE_AS_IT_IS = 10_000
_LEAST = 10  # characters that a column keeps whose text is broken over lines


class PlainConsole(Console):
    """Prints text as it is: no markup, no emoji codes, no highlighting, and control characters spelled out.

    Most of what is printed comes from files and their names, where `[red]`, `:100:` and an escape sequence are text
    like any other. Lines are never broken, so that what is printed can be copied and searched.
    """

    def __init__(self, **options: Any):
        super().__init__(emoji=False, markup=False, highlight=False, soft_wrap=True, **options)

    def render_str(self, text: str, **options: Any) -> Text:
        return super().render_str(escaped(text), **options)

    def print_table(
        self,
        names: Sequence[str],
        rows: Iterable[Sequence[str]],
        right: Collection[str] = (),
        folding: Collection[str] = (),
    ) -> None:
        """Prints a table no wider than the console where that can be done without hiding anything.

        Columns move closer together first; on a terminal, those named in `folding` then break their text over several
        lines. Those named in `right` are aligned to the right.
        """
        rows = list(rows)
        for gap in (2, 1):
            table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, gap, 0, 0))
            for name in names:
                table.add_column(
                    name,
                    justify="right" if name in right else "left",
                    no_wrap=name not in folding,
                    overflow="fold",
                )
            for row in rows:
                table.add_row(*row)
            table.width = Measurement.get(self, self.options.update(max_width=_AS_WIDE_AS_IT_IS), table).maximum
            if table.width <= self.width:
                break
        if self.is_terminal:
            places = [place for place, name in enumerate(names) if name in folding]
            widest = [max((cell_len(escaped(row[place])) for row in rows), default=0) for place in places]
            least = table.width - sum(max(0, width - _LEAST) for width in widest)
            table.width = min(table.width, max(self.width, least))
        self.print(table, soft_wrap=False, crop=False)


def escaped(text: str) -> str:
    """Text without control characters, which a file's name or content may bring along."""
    return "".join(
        char if char.isprintable() or char == "\n" else char.encode("unicode_escape").decode() for char in text
    )
