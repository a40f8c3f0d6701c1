"""How long work is shown on a terminal: months, and of the month what is done, files and rows. Else nothing is."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from orchestration.cli.console import escaped
from orchestration.cli.shared import err
from python_assets.progress import Step, listening


class Display:
    """One line: the month, what is being done, what has been read so far."""

    def __init__(self, bar: Progress, task: TaskID):
        self._bar, self._task = bar, task
        self._month, self._files, self._rows = "", 0, 0

    def says(self, what: str) -> None:
        read = f" ({self._files:,} files, {self._rows:,} rows read)" if self._files else ""
        self._bar.update(self._task, description=escaped(f"{self._month}{what}{read}"))

    def begins(self, month: str) -> None:
        """The month before, if there is one, is done."""
        if self._month:
            self._bar.advance(self._task)
        self._month = f"{month}: "

    def hears(self, step: Step) -> None:
        self._files += step.files
        self._rows += step.rows
        self.says(step.what)


@contextmanager
def showing_progress(what: str, months: int | None = None) -> Iterator[Display]:
    """Shows what the work inside tells of itself, until it ends; a bar over months if their number is given."""
    columns = [SpinnerColumn(), TextColumn("{task.description}", markup=False)]
    if months and months > 1:
        columns += [BarColumn(bar_width=20), MofNCompleteColumn(), TextColumn("months")]
    with Progress(*columns, TimeElapsedColumn(), console=err, transient=True, disable=not err.is_terminal) as bar:
        display = Display(bar, bar.add_task(what, total=months))
        with listening(display.hears):
            yield display
