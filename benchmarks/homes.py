"""Homes to measure with: generated once and kept, and fresh copies of them to close."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import measure


@dataclass(frozen=True)
class Size:
    """The options of generate.py."""

    tenants: int
    deployments: int
    rows: int  # of metering, a month
    months: int = 1
    first: str = "2026-01"
    late: str = "0.01"
    duplicates: str = "0.01"
    plain: bool = False

    @property
    def periods(self) -> list[str]:
        """The months, as YYYY-MM."""
        year, month = map(int, self.first.split("-"))
        return [month_text(year * 12 + month - 1 + number) for number in range(self.months)]

    def options(self) -> list[str]:
        values = asdict(self)
        plain = ["--plain"] if values.pop("plain") else []
        return [part for name, value in values.items() for part in (f"--{name}", str(value))] + plain


def month_text(number: int) -> str:
    """A month as YYYY-MM, by its number since the year 0."""
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def first_day(period: str) -> date:
    return date.fromisoformat(f"{period}-01")


def day_after(period: str) -> date:
    """The first day after a month."""
    year, month = map(int, period.split("-"))
    return first_day(month_text(year * 12 + month))


def generated(cache: Path, size: Size) -> Path:
    """The home of that size, made unless it is there already; its landing is never written to again."""
    generator = (measure.ROOT / "benchmarks" / "generate.py").read_bytes()
    digest = hashlib.sha256(generator + repr(size).encode()).hexdigest()[:10]
    home = cache / f"{size.rows}-rows-{size.months}-months-{digest}"
    if not home.exists():
        cache.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=cache))
        try:
            measure.run(measure.python("generate.py", unfinished, *size.options()))
            unfinished.rename(home)
        except BaseException:
            shutil.rmtree(unfinished)
            raise
    return home


@contextmanager
def fresh(cache: Path, home: Path, periods: Iterable[str] | None = None) -> Iterator[Path]:
    """A home with the same landing (that of some months alone, if told) in which nothing has run; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="closing-", dir=cache) as folder:
        copy = Path(folder) / "home"
        copy.mkdir()
        if (home / "counterfoil.toml").exists():
            shutil.copy(home / "counterfoil.toml", copy)
        deliver(home, copy, periods)
        yield copy


def deliver(home: Path, copy: Path, periods: Iterable[str] | None = None) -> None:
    """Puts files of `home` into the landing of `copy`, without taking space where the file system can share them."""
    wanted = None if periods is None else {f"period={period}" for period in periods}
    for folder in sorted(home.glob("landing/*/period=*")):
        if wanted is None or folder.name in wanted:
            shutil.copytree(folder, copy / folder.relative_to(home), copy_function=_share, dirs_exist_ok=True)


def _share(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def read_all(home: Path) -> int:
    """Reads the landing once, so that every contender finds it in memory alike; its bytes."""
    size = 0
    for file in sorted(home.glob("landing/*/*/*")):
        with file.open("rb", buffering=0) as content:
            while part := content.read(1 << 20):
                size += len(part)
    return size
