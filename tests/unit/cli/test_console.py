"""What is printed is what was meant: no markup, emoji or control characters, and nothing hidden at any width."""

import io
from pathlib import Path

import pytest
from support.pages import ROOT
from support.worlds import World
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.cli.console import PlainConsole

ODD = "[red]landing/a:100:b.csv[/] :smile: \x1b[31m\u202e"
ODD_SHOWN = r"[red]landing/a:100:b.csv[/] :smile: \x1b[31m\u202e"


def console(width: int = 80, **options) -> PlainConsole:
    return PlainConsole(file=io.StringIO(), width=width, **options)


def months(screen: PlainConsole, total: str) -> list[str]:
    screen.print_table(
        ("month", "invoices", "total", "findings", "status", "audit hash"),
        [("2026-03", "1100", total, "9000", "needs-revenue-ops-review", "d980d41f…")],
        right=("invoices", "total", "findings"),
        folding=("status",),
    )
    return [line.rstrip() for line in screen.file.getvalue().splitlines()]


def test_a_line_is_printed_as_it_is():
    screen = console()
    screen.print(ODD)
    assert screen.file.getvalue() == ODD_SHOWN + "\n"


def test_a_cell_is_printed_as_it_is():
    screen = console()
    screen.print_table(("file",), [(ODD,)])
    assert ODD_SHOWN in screen.file.getvalue()


def test_a_long_line_is_not_broken():
    screen = console(width=20)
    screen.print("/srv/" + "long folder/" * 10)
    assert screen.file.getvalue() == "/srv/" + "long folder/" * 10 + "\n"


@pytest.mark.parametrize("total", ["1,075.36 AUD", "99,999,999.99 AUD"])
@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_table_of_months_fits_80_columns(total, is_terminal):
    lines = months(console(force_terminal=is_terminal, color_system=None), total)
    assert max(map(len, lines)) <= 80
    assert lines[1].split() == ["2026-03", "1100", *total.split(), "9000", "needs-revenue-ops-review", "d980d41f…"]


@pytest.mark.parametrize("width", [70, 60, 30, 1])
def test_a_narrow_terminal_hides_nothing(width):
    head, *lines = months(console(width, force_terminal=True, color_system=None), "99,999.99 AUD")
    place = head.index("status")
    for value in ("2026-03", "1100", "99,999.99 AUD", "9000", "d980d41f…"):
        assert value in lines[0]
    assert "".join(line[place : head.index("audit hash")].strip() for line in lines) == "needs-revenue-ops-review"
    assert max(map(len, [head, *lines])) <= max(width, 66)


def test_a_pipe_gets_no_colors():
    screen = console()
    screen.print("counterfoil:", style="red")
    screen.print_table(("month",), [("2026-03",)])
    assert "\x1b" not in screen.file.getvalue()


def test_there_is_one_place_where_consoles_are_made():
    files = [file for folder in ("orchestration", "python_assets") for file in (ROOT / folder).rglob("*.py")]
    naming = [file.name for file in files if "rich.console" in file.read_text("utf-8")]
    assert naming == ["console.py"]


def test_check_prints_record_100_as_a_number(tmp_path: Path):
    world = World(tmp_path)
    rows = [
        {
            "event_id": f"e{n}",
            "deployment_id": "d",
            "resource_kind": "hours",
            "quantity": "1",
            "measured_at": "2026-01-01",
        }
        for n in range(98)
    ]
    rows.append(rows[0] | {"event_id": "last", "quantity": "[red]"})
    world.deliver("metering", "2026-01", "usage.csv", rows)
    result = CliRunner().invoke(app, ["check", "--home", str(tmp_path)])
    assert "metering/period=2026-01/usage.csv:100:quantity: is not a number ('[red]')" in result.output
