"""Long work says what it does on a terminal, and nothing anywhere else."""

import io

import pytest
from support.worlds import World

from orchestration.cli import progress
from orchestration.cli.console import PlainConsole
from python_assets.ingest import problems
from python_assets.progress import Step, listening, tell


def shown(monkeypatch: pytest.MonkeyPatch, is_terminal: bool) -> str:
    """What is written while two files of a month are read."""
    console = PlainConsole(file=io.StringIO(), force_terminal=is_terminal, width=120)
    monkeypatch.setattr(progress, "err", console)
    with progress.showing_progress("waiting", months=2) as display:
        display.begins("2026-04")
        tell("read landing/metering/a.csv", files=1, rows=1200)
        tell("read landing/metering/b.csv", files=1, rows=34)
        console.file.flush()
    return console.file.getvalue()


def test_a_terminal_shows_month_file_and_rows_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    written = shown(monkeypatch, is_terminal=True)
    assert "2026-04: read landing/metering/b.csv (2 files, 1,234 rows read)" in written
    assert "0/2" in written


def test_nothing_is_written_where_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, is_terminal=False) == ""


def test_reading_tells_of_each_file_with_its_rows(tmp_path) -> None:
    world = World(tmp_path / "home")
    world.control("2026-01", tenants=[{"tenant_id": "a", "name": "A"}, {"tenant_id": "b", "name": "B"}])
    heard: list[Step] = []
    with listening(heard.append):
        problems(world.home)
    assert Step("read landing/control_plane/period=2026-01/tenants.csv", files=1, rows=2) in heard
    tell("nobody listens any more")
    assert all("nobody" not in step.what for step in heard)
