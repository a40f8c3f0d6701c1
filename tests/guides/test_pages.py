"""What the pages under docs/ say without a block that runs: links, options, settings, variables of the environment."""

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import click
import pytest
import typer
from support.guides import GUIDES
from support.pages import ROOT

from orchestration.cli import app
from python_assets.home import Config, Supplier

PAGES = sorted(GUIDES.glob("*.md"))
OPERATE = (GUIDES / "operate.md").read_text("utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_within_the_project_leads_somewhere(page: Path):
    for target in re.findall(r"\]\((?!https?:)([^)\s]*)\)", page.read_text("utf-8")):
        path, _, heading = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        assert not heading or heading in _headings(file), target


def _headings(page: Path) -> set[str]:
    """What links say for the headings of a page, as GitHub makes it of them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title).strip().lower().replace(" ", "-") for title in titles}


def test_the_index_names_every_page():
    index = (GUIDES / "README.md").read_text("utf-8")
    assert [page.name for page in PAGES if page.name != "README.md" and f"({page.name})" not in index] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_option_on_a_page_is_one_of_a_command(page: Path):
    known = {option for command in _commands(typer.main.get_command(app)) for option in _options(command)}
    named = set()
    for code in re.findall(r"`([^`\n]+)`", page.read_text("utf-8")):
        if code.startswith(("counterfoil ", "--")):
            named |= set(re.findall(r"(?<![\w-])--[a-z-]+", code))
    assert named - known == set()


def _commands(command: click.Command) -> Iterator[click.Command]:
    yield command
    for child in getattr(command, "commands", {}).values():
        yield from _commands(child)


def _options(command: click.Command) -> list[str]:
    return [name for parameter in command.params for name in parameter.opts]


def test_every_setting_is_told_with_its_default():
    section = OPERATE.partition("## Configuration")[2].partition("\n## ")[0]
    rows = {
        name: [cell.strip() for cell in row.split("|")][3]
        for row in section.splitlines()
        for name in re.findall(r"`(\w+)`", row.split("|")[2] if row.count("|") > 3 else "")
    }
    settings = {f.name: f.default for f in fields(Config) if f.name != "supplier"}
    settings |= {f.name: f.default for f in fields(Supplier)}
    assert set(rows) == set(settings)
    shown = {"": "empty", None: "the earliest delivery", (): "`[]`"}
    for name, default in settings.items():
        literal = f'`"{default}"`' if isinstance(default, str) else f"`{default}`"
        assert rows[name] == shown.get(default, literal), name


def test_every_variable_of_the_environment_is_told():
    """Those that the code reads for users; dbt's and the tests' own are not theirs."""
    files = [file for folder in ("orchestration", "python_assets") for file in (ROOT / folder).rglob("*.py")]
    code = "".join(file.read_text("utf-8") for file in files)
    read = set(re.findall(r"""["']((?:COUNTERFOIL|DIGITALOCEAN|FINANCE)_[A-Z_]+)["']""", code))
    assert len(read) >= 5
    assert {name for name in read if f"`{name}`" not in OPERATE} == set()
