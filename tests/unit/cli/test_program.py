"""The program as a whole: version, help, and folders that are not a home."""

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
import typer
from support.worlds import World
from typer.testing import CliRunner, Result

from orchestration.cli import app


def counterfoil(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def commands(command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    for name, child in getattr(command, "commands", {}).items():
        yield from commands(child, (*path, name))


def test_the_version_is_that_of_the_package():
    result = counterfoil("--version")
    assert (result.exit_code, result.output) == (0, f"counterfoil {version('counterfoil')}\n")


@pytest.mark.parametrize("path", list(commands(typer.main.get_command(app))), ids=" ".join)
def test_every_command_explains_itself_in_short_too(path: tuple[str, ...]):
    short, long = counterfoil(*path, "-h"), counterfoil(*path, "--help")
    assert (short.exit_code, short.output) == (0, long.output)
    assert "Usage:" in short.output


READING_A_HOME = [
    ("check",),
    ("run", "--period", "2026-01"),
    ("status",),
    ("quote", "--plan", "studio", "--starts-on", "2026-01-01"),
    ("audit", "hash"),
    ("audit", "verify"),
    ("audit", "prove", "INV-2026-01-acme-1"),
    ("fetch", "digitalocean"),
    ("ui",),
]


@pytest.mark.parametrize("command", READING_A_HOME, ids=" ".join)
def test_a_folder_that_is_not_a_home_is_refused_and_left_alone(tmp_path: Path, command: tuple[str, ...]):
    (tmp_path / "raw").mkdir()
    for home, why in ((tmp_path, "is not a home: it has no counterfoil.toml"), (tmp_path / "hom", "no such folder")):
        result = counterfoil(*command, "--home", str(home))
        assert result.exit_code == 2
        assert result.output.startswith(f"counterfoil: {home}")
        assert why in result.output
        assert "--home or COUNTERFOIL_HOME" in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["raw"]
    assert list((tmp_path / "raw").iterdir()) == []


@pytest.mark.parametrize("command", [*READING_A_HOME, ("init",)], ids=" ".join)
def test_the_machines_own_home_folder_is_never_taken_for_one(monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]):
    monkeypatch.delenv("COUNTERFOIL_HOME", raising=False)
    monkeypatch.chdir("/")
    result = counterfoil(*command)
    assert result.exit_code == 2
    assert result.output.startswith("counterfoil: / is not searched for a home")


def test_a_home_without_a_ledger_is_verified_as_empty(tmp_path: Path):
    result = counterfoil("audit", "verify", "--home", str(World(tmp_path).root))
    assert (result.exit_code, result.output) == (0, f"{tmp_path}/ledger: nothing is sealed yet\n")


def test_a_home_of_which_nothing_is_published_has_no_status(tmp_path: Path):
    result = counterfoil("status", "--home", str(World(tmp_path).root))
    assert result.exit_code == 0
    assert "nothing is published yet" in result.output


def test_status_shows_every_published_month(example: World):
    result = counterfoil("status", "--home", str(example.root))
    rows = [line.split() for line in result.output.splitlines() if line.startswith("2026-")]
    hashes = dict(example.rows("select strftime(period, '%Y-%m'), audit_hash from audit.seals"))
    assert [(row[0], row[1], row[-1]) for row in rows] == [
        ("2026-03", "11", f"{hashes['2026-03'][:8]}…"),
        ("2026-04", "12", f"{hashes['2026-04'][:8]}…"),
        ("2026-05", "11", f"{hashes['2026-05'][:8]}…"),
    ]
    assert f"{example.root}/published/reports/period=2026-05/health.html" in result.output
    assert max(len(line) for line in result.output.splitlines() if not line.count("/")) <= 80
