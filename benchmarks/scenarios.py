"""What is measured: every scenario gives rows of a table."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import homes
from homes import Size, day_after
from measure import ROOT, Failed, Measured, counterfoil, python, run
from totals import Totals, check_equal, sums, told

CLOSES = {"counterfoil": "counterfoil: first close", "again": "counterfoil: the same month again"}
CONTENDERS = {"floor": "floor", "polars": "with_polars", "pandas": "with_pandas"}


@dataclass(frozen=True)
class Row:
    """One measured process; `rows` is how many metering rows it dealt with, `failure` why it came to nothing."""

    what: str
    measured: Measured | None
    rows: int | None = None
    failure: str = ""


@dataclass(frozen=True)
class Agreed:
    """Contenders that came to the same amounts for every tenant, and what these add up to."""

    contenders: tuple[str, ...]
    totals: dict[str, int]


@dataclass(frozen=True)
class Bench:
    """Where generated homes are kept, what the scenarios tell while they run, and which contenders take part."""

    cache: Path
    say: Callable[[str], None]
    only: tuple[str, ...] = (*CONTENDERS, *CLOSES)
    is_warm: bool = False

    def close(self, home: Path, first: str, last: str | None = None) -> Measured:
        """Closes months of a home as of the day after the last one."""
        last = last or first
        self.say(f"closing {first}" + (f" to {last}" if last != first else ""))
        months = ["--period", first, "--through", last, "--as-of", day_after(last)]
        return run(counterfoil("run", *months, "--home", home, "--json"))

    def generated(self, size: Size) -> Path:
        self.say(f"generating {size.rows:,} rows a month, {size.months} months, unless they are there")
        return homes.generated(self.cache, size)

    @contextmanager
    def fresh(self, home: Path, periods: list[str] | None = None) -> Iterator[Path]:
        """A home of which nothing has run, on a machine where this version of the project has run before."""
        if not self.is_warm:
            self.warm_up()
        with homes.fresh(self.cache, home, periods) as copy:
            yield copy

    def warm_up(self) -> None:
        """Closes a tiny home, so that no measured close is the one for which dbt parses and compiles the project."""
        tiny = self.generated(Size(tenants=2, deployments=2, rows=20))
        with homes.fresh(self.cache, tiny) as copy:
            self.close(copy, "2026-01")


def close(bench: Bench, size: Size) -> Iterator[Row | Agreed]:
    """The close beside what else gives the same totals, over the same files; Disagreement if they are not the same."""
    home, month = bench.generated(size), size.periods[0]
    homes.read_all(home)
    found: dict[str, Totals] = {}
    for name in CONTENDERS:
        if name in bench.only:
            bench.say(name)
            try:
                measured = run(python(f"contenders/{CONTENDERS[name]}.py", home, month))
            except Failed as error:
                yield Row(name, None, failure=str(error))
                continue
            found[name] = told(measured.output)
            yield Row(name, measured, size.rows)
    if "counterfoil" in bench.only:
        with bench.fresh(home) as copy:
            homes.read_all(copy)
            for name in (name for part, name in CLOSES.items() if part in bench.only):
                yield Row(name, bench.close(copy, month), size.rows)
                found[name] = told(run(python("contenders/invoiced.py", copy, month)).output)
    check_equal(found)
    yield Agreed(tuple(found), sums(next(iter(found.values()))))


def whole(bench: Bench, size: Size) -> Iterator[Row]:
    """A close of everything that a home can have: addons, top-ups, LLM requests, a provider's invoice."""
    with bench.fresh(bench.generated(size)) as home:
        homes.read_all(home)
        for name in CLOSES.values():
            yield Row(name, bench.close(home, size.periods[0]), size.rows)


def history(bench: Bench, size: Size) -> Iterator[Row]:
    """Months of one size, delivered and closed one by one: what they cost does not grow with those before.

    Month 2 is the first with a month to adjust, month 5 the first with a fourth before its window of three. Months that
    are not measured are closed by one command, but for the last before one that is: what is measured follows on a
    publication of its own month, as it does month by month, and not on a backfill.
    """
    source, periods = bench.generated(size), size.periods
    with bench.fresh(source, []) as home:
        done = 0
        for number in sorted({2, 5, len(periods)} & set(range(1, len(periods) + 1))):
            between = periods[done : number - 1]
            for months in filter(None, (between[:-1], between[-1:])):
                homes.deliver(source, home, months)
                bench.close(home, months[0], months[-1])
            homes.deliver(source, home, [periods[number - 1]])
            homes.read_all(home)
            yield Row(f"month {number}", bench.close(home, periods[number - 1]), size.rows)
            done = number


def backfill(bench: Bench, size: Size) -> Iterator[Row]:
    """All months of a home in one run."""
    with bench.fresh(bench.generated(size)) as home:
        homes.read_all(home)
        measured = bench.close(home, size.periods[0], size.periods[-1])
        yield Row(f"{size.months} months in one run", measured, size.rows * size.months)


def example(bench: Bench, size: Size) -> Iterator[Row]:
    """The example's first month, whole; the same again; a quote."""
    with bench.fresh(ROOT / "examples" / "home") as home:
        for name in CLOSES.values():
            yield Row(f"example, {name}", bench.close(home, "2026-03"))
        bench.say("quoting")
        asked = ["--plan", "studio", "--addon", "storage_50gb", "--usage", "llm_tokens=1500000"]
        yield Row("quote", run(counterfoil("quote", *asked, "--starts-on", "2026-05-20", "--home", home, "--json")))


def publishing(bench: Bench, size: Size) -> Iterator[Row]:
    """Publishing anew what is closed, documents included; and once more, with the documents that there are."""
    with bench.fresh(bench.generated(size)) as home:
        bench.close(home, size.periods[0], size.periods[-1])
        for how, name in (("anew", "documents included"), ("again", "documents taken over")):
            bench.say(f"publishing {how}")
            measured = run(python("contenders/publishing.py", home, how))
            yield Row(f"publishing {size.tenants:,} tenants, {name}", measured)
            bench.say(measured.output.strip())


def sealing(bench: Bench, size: Size) -> Iterator[Row]:
    """Sealing invoices of ten lines, one a tenant, and verifying the ledger."""
    bench.cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="sealing-", dir=bench.cache) as folder:
        bench.say("sealing")
        yield Row(f"sealing {size.tenants:,} invoices", run(python("contenders/sealing.py", folder, size.tenants)))
        bench.say("verifying")
        yield Row(f"verifying {size.tenants:,} invoices", run(counterfoil("audit", "verify", "--home", folder)))


# Each with the size that it has unless another is asked for.
SCENARIOS: dict[str, tuple[Callable[[Bench, Size], Iterator[Row | Agreed]], Size]] = {
    "close": (close, Size(tenants=4000, deployments=20000, rows=2_000_000, plain=True)),
    "whole": (whole, Size(tenants=4000, deployments=20000, rows=2_000_000)),
    "history": (history, Size(tenants=400, deployments=4000, rows=200_000, months=25, first="2024-01")),
    "backfill": (backfill, Size(tenants=50, deployments=200, rows=20_000, months=24, first="2024-01")),
    "example": (example, Size(tenants=0, deployments=0, rows=0)),
    "publishing": (publishing, Size(tenants=4000, deployments=20000, rows=200_000)),
    "sealing": (sealing, Size(tenants=100_000, deployments=0, rows=0)),
}
