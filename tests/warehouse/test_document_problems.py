"""A month whose documents cannot be set as they should be is sealed and published, and says so wherever it is read."""

import json

import pytest
from support.worlds import Accounts, World

from python_assets.documents.pdf import LEFT_OUT
from python_assets.periods import parse_period
from python_assets.summary import summarize


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    """A campaign whose name ends in U+FEFF behind a ligature, published twice."""
    world = World(tmp_path_factory.mktemp("problems"))
    accounts = Accounts()
    accounts.tenant("acme")
    accounts.tenant("fine")
    accounts.deliver(world, "2026-01")
    campaign = {"campaign_id": "c1", "tenant_id": "acme", "name": "fi\ufeff", "pricing_model": "custom"}
    dates = {"starts_on": "2026-01-01", "ends_on": "2026-01-31", "custom_amount_cents": 1000}
    world.deliver("campaigns", "2026-01", "campaigns.csv", [campaign | dates])
    assert world.close("2026-01", everything=True)[parse_period("2026-01")] == "sealed"
    world.close("2026-02", everything=True)
    return world


def test_it_is_published_with_every_document_and_says_what_was_left_out(world):
    folder = world.home.published / "exports" / "period=2026-01"
    assert {path.name for path in (folder / "documents").glob("*.pdf")} == {
        "INV-2026-01-acme-1.pdf",
        "INV-2026-01-fine-1.pdf",
    }
    assert (folder / "tenants" / "acme" / "INV-2026-01-acme-1.pdf").exists()
    [problem] = json.loads((folder / "documents" / "problems.json").read_text())
    assert (problem["tenant_id"], problem["text"]) == ("acme", "Campaign: fi\\ufeff")
    assert problem["problem"] == f"{LEFT_OUT}: U+FEFF"
    assert "documents/problems.json" in json.loads((folder / "manifest.json").read_text())["files"]


def test_summary_and_report_say_so_also_after_the_month_was_taken_over(world):
    january, february = summarize(world.home, [parse_period("2026-01"), parse_period("2026-02")])
    assert [problem["tenant_id"] for problem in january["document_problems"]] == ["acme"]
    assert february["document_problems"] == []
    reports = world.home.published / "reports"
    facts = json.loads((reports / "period=2026-01" / "health.json").read_text())
    assert [row["tenant_name"] for row in facts["document_problems"]["rows"]] == ["Acme"]
    assert "U+FEFF" in (reports / "period=2026-01" / "health.html").read_text("utf-8")
    assert "Documents with problems" not in (reports / "period=2026-02" / "health.html").read_text("utf-8")
