"""What the warehouse holds: which run it is prepared for, which months it has, what its passes were last made of.

Everything that a pass reads is in the fingerprint that it is noted with, and what a pass makes is forgotten before it
is made anew: so a run that was killed leaves nothing that passes for made.
"""

import json
import uuid
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from functools import lru_cache

import duckdb

from python_assets.home import Home
from python_assets.warehouse.database import connect, has_table
from python_assets.warehouse.recording import NodeResult


@dataclass(frozen=True)
class Made:
    """A pass as it was run: what of, what became of its nodes, and a token that no other time has."""

    of: str
    token: str
    results: tuple[NodeResult, ...]


@dataclass(frozen=True)
class Holdings:
    """`months` with the fingerprint of what each was made of, drafts included; `prepared_for` a run's fingerprint, and
    `made_of` that of all that it expects rests on; the passes by name."""

    months: dict[date, str] = field(default_factory=dict)
    prepared_for: str | None = None
    made_of: str | None = None
    passes: dict[str, Made] = field(default_factory=dict)


def made_months(home: Home) -> dict[date, str]:
    """The months of `holdings`, where nothing else of them is asked for."""
    if not home.warehouse.exists():
        return {}
    try:
        with connect(home, read_only=True) as connection:
            return dict(connection.execute("from control.made_months").fetchall())
    except duckdb.Error:
        return {}


def holdings(home: Home) -> Holdings:
    """Nothing of a warehouse that is not there, or damaged."""
    if not home.warehouse.exists():
        return Holdings()
    try:
        with connect(home, read_only=True) as connection:
            months = dict(connection.execute("from control.made_months").fetchall())
            prepared_for, made_of = connection.execute("select fingerprint, made_of from control.run").fetchone()
            passes = connection.execute("select name, made_of, token, results from control.passes").fetchall()
    except duckdb.Error:
        return Holdings()  # Nothing is in it yet, or it is damaged: `discard_outdated` sees to that.
    return Holdings(months, prepared_for, made_of, {name: Made(*made, _results(text)) for name, *made, text in passes})


@lru_cache(maxsize=8)
def _results(text: str) -> tuple[NodeResult, ...]:
    """As they were; but where nothing is run, nothing takes time."""
    return tuple(replace(NodeResult(**result), seconds=0.0) for result in json.loads(text))


def begun_months(home: Home) -> set[date]:
    """Months that the warehouse may have rows of: those it holds, and the one it was last prepared for."""
    if not home.warehouse.exists():
        return set()
    try:
        with connect(home, read_only=True) as connection:
            rows = connection.execute("select period from control.made_months union select period from control.run")
            return {period for (period,) in rows.fetchall()}
    except duckdb.Error:
        return set()


def discard_months(home: Home, periods: list[date], tables: list[str], passes: list[str]) -> None:
    """Deletes some months from `tables`, which keep months from run to run. Other tables may still have their rows, so
    `passes` and the preparation for a run are forgotten: both are done again."""
    with connect(home) as connection:
        connection.execute("begin")
        for table in tables:
            if has_table(connection, *table.split(".")):
                connection.execute(f"delete from {table} where period in ?", [periods])
        connection.execute("delete from control.made_months where period in ?", [periods])
        connection.execute("delete from control.passes where name in ?", [passes])
        connection.execute("update control.run set fingerprint = ''")
        connection.execute("commit")


def forget(home: Home, *passes: str) -> None:
    """Passes that are about to be run, or rest on one that is; and that the run's month is as it should be."""
    with connect(home) as connection:
        connection.execute("delete from control.passes where name in ?", [list(passes)])
        connection.execute(
            "update control.made_months set fingerprint = '' where period = (select period from control.run)"
        )


def note(home: Home, name: str, made_of: str, results: list[NodeResult]) -> None:
    """Notes that a pass was run to its end."""
    document = json.dumps([asdict(result) for result in results])
    with connect(home) as connection:
        connection.execute(
            "insert into control.passes values (?, ?, ?, ?)", [name, made_of, uuid.uuid4().hex, document]
        )


def note_month(home: Home, period: date, made_of: str) -> None:
    """Notes that a month's rows are all there."""
    if made_months(home).get(period) == made_of:
        return
    with connect(home) as connection:
        connection.execute("delete from control.made_months where period = ?", [period])
        connection.execute("insert into control.made_months values (?, ?)", [period, made_of])
