"""Whether a CSV record of several lines is really several records that stray quotes have joined.

A cell that begins with an inch mark (`"5 inch disk`) opens a quote, and an inch mark at the end of another cell, any
number of lines later, closes it: all that stands between is then one cell of a record that may well be rectangular.
Such a record gives itself away: most of its lines, each taken by itself, have as many cells as the header. The lines of
a text that was quoted on purpose have not.
"""

import csv
from collections.abc import Iterable, Iterator

NARROW = 3  # columns up to which a line of prose may well have as many commas as a record


def joins_lines(lines: Iterable[str], width: int) -> bool:
    """Whether most of a record's lines look like records of their own; `width` is the number of the header's cells."""
    fits = [any(_fits(cells, width) for cells in _readings(line)) for line in lines if line.strip()]
    return sum(fits) >= (3 if width <= NARROW else 2) and 2 * sum(fits) > len(fits)


def joins_cells(cells: list[str], width: int) -> bool:
    """As `joins_lines`, for a record that was well-formed."""
    text = ",".join(cell if "\n" in cell else cell.replace(",", ".") for cell in cells)
    return joins_lines(text.split("\n"), width)


def _readings(line: str) -> Iterator[list[str]]:
    """The cells of a line if its quotes mean nothing, and if they are quotes."""
    yield line.replace('"', "").split(",")
    if '"' in line:
        yield next(csv.reader([line]))


def _fits(cells: list[str], width: int) -> bool:
    """Prose has a blank after its commas."""
    return len(cells) == width and any(cells) and not any(cell.startswith(" ") for cell in cells[1:])
