"""dbt's documentation as one page that needs no server and no network (`make docs`)."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from python_assets.warehouse.passes import Dbt
from python_assets.warehouse.project import PROJECT


def make_docs(home: Path, target: Path) -> subprocess.CompletedProcess:
    """As a user calls it, but with what is installed here."""
    return subprocess.run(
        [
            "make",
            "--old-file=.venv/.installed",
            "docs",
            f"BIN={Path(sys.executable).parent}",
            f"DEMO={home}",
            f"DOCS={target}",
        ],
        cwd=PROJECT,
        env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def page(example, tmp_path_factory) -> str:
    folder = tmp_path_factory.mktemp("docs")
    shutil.copy(example.home.warehouse, folder / "warehouse.duckdb")
    made = make_docs(folder, folder / "target")
    assert made.returncode == 0, made.stdout + made.stderr
    return (folder / "target" / "static_index.html").read_text("utf-8")


def test_the_page_holds_every_model_and_exposure(example, page):
    manifest = Dbt(example.home).manifest
    models = [node["unique_id"] for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    assert len(models) > 90
    assert [model for model in [*models, *manifest["exposures"]] if f'"{model}"' not in page] == []


def test_the_page_holds_columns_with_types_and_descriptions(page):
    assert re.search(r'"type": ?"BIGINT", ?"index": ?\d+, ?"name": ?"margin_cents"', page)
    assert "negative is a loss." in page


def test_the_page_loads_nothing_and_tells_nobody(page):
    assert re.search(r"<(script|link|img)[^>]+(src|href)=[\"']?https?:", page) is None
    assert re.search(r'"send_anonymous_usage_stats": ?false', page)


def test_a_home_that_was_not_closed_is_told(tmp_path):
    made = make_docs(tmp_path, tmp_path)
    assert made.returncode != 0
    assert "is not closed yet" in made.stdout
