"""A world's frame: what is closed, when, and what is let happen in it."""

from dataclasses import dataclass

from support.opinion.values import month_number, month_of


@dataclass(frozen=True)
class Round:
    """One run: the months that it closes, first and last, counted from 0.

    What is delivered up to its last month, or up to that of a run before it, is there. `corrected`: from this run on,
    files are there as corrected. `forced`: the months are issued anew, for all tenants or for `some`.
    """

    first: int
    last: int
    corrected: bool = False
    forced: bool = False
    some: bool = False


@dataclass(frozen=True)
class Setting:
    """A world's frame: months, time zone, window of duplicates and adjustments, as-of date of the last run.

    `rounds`: one run over all months unless told. `late`: what is used may be delivered after its month. `campaigns`:
    tenants have campaigns.
    """

    seed: str
    zone: str
    months: list[str]
    window: int = 3
    as_of: str = ""
    rounds: tuple[Round, ...] = ()
    late: bool = True
    campaigns: bool = False

    @property
    def runs(self) -> tuple[Round, ...]:
        return self.rounds or (Round(0, len(self.months) - 1),)

    def of(self, run: Round) -> list[str]:
        """The months of a run."""
        return self.months[run.first : run.last + 1]

    @property
    def closed(self) -> list[str]:
        return sorted({month for run in self.runs for month in self.of(run)})

    @property
    def history(self) -> list[str]:
        """Deliveries from five months before the first one that is closed."""
        first = month_number(self.months[0])
        return [month_of(number) for number in range(first - 5, first)]
