"""A new home: what `counterfoil init` makes."""

import csv

import pytest

from python_assets.errors import UserError
from python_assets.home import Home
from python_assets.ingest import FEEDS, problems
from python_assets.templates import make_home


def test_a_new_home_has_a_folder_per_feed_and_nothing_wrong_with_it(tmp_path):
    make_home(tmp_path / "new")
    home = Home.open(tmp_path / "new")
    assert {folder.name for folder in home.landing.iterdir()} == set(FEEDS)
    assert problems(home) == []


def test_a_template_delivered_as_it_is_is_an_empty_table(tmp_path):
    templates = make_home(tmp_path / "new")
    assert len(templates) >= 20
    home = Home.open(tmp_path / "new")
    for template in templates:
        source = home.root / template
        with source.open(newline="") as file:
            [header] = csv.reader(file)
        assert len(header) == len(set(header)) > 0
        if source.parent.name != "analytics_exports":
            target = home.landing / source.parent.name / "period=2026-01" / source.name
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(source.read_bytes())
    assert problems(home) == []


def test_its_readme_says_where_the_files_of_every_feed_go(tmp_path):
    make_home(tmp_path / "new")
    readme = (tmp_path / "new" / "README.md").read_text("utf-8")
    assert [feed for feed in FEEDS if f"| `{feed}` |" not in readme] == []
    # The provider's files have no column for the invoice: their name is its id.
    assert "| `digitalocean_invoices` | `<invoice_uuid>.csv` | product\\*, " in readme


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(UserError, match="something already"):
        make_home(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
