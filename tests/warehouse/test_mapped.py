"""Exports of other systems, mapped and closed: LiteLLM's spend logs and CloudEvents on the invoice."""

import json

from support.worlds import Accounts, World


def test_other_systems_exports_are_invoiced(tmp_path):
    world, accounts = World(tmp_path), Accounts()
    accounts.tenant("mapped")
    accounts.add("fx_rates", month="2026-01", from_currency="USD", to_currency="AUD", rate="1")
    accounts.deliver(world, "2026-01")
    mappings = tmp_path / "mappings"
    mappings.mkdir()
    (mappings / "gateway.yaml").write_text("extends: litellm\nfiles: litellm-*\ncolumns:\n  deployment_id: user\n")
    (mappings / "meter.yaml").write_text("extends: cloudevents\nfiles: events-*\n")
    spend = {
        "request_id": "r1",
        "spend": 0.015,
        "startTime": "2026-01-10T12:00:00Z",
        "team_id": "mapped",
        "user": "d-mapped",
        "model": "m",
        "prompt_tokens": 1,
        "completion_tokens": 2,
        "messages": "a secret prompt",
    }
    event = {
        "specversion": "1.0",
        "id": "1",
        "source": "meter/1",
        "type": "droplet_hours",
        "subject": "d-mapped",
        "time": "2026-01-10T12:00:00Z",
        "data": {"quantity": "1500"},
    }
    for feed, name, row in (("llm_usage", "litellm-1.jsonl", spend), ("metering", "events-1.jsonl", event)):
        path = tmp_path / "landing" / feed / "period=2026-01" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(row) + "\n" + json.dumps(row) + "\n")
    world.close("2026-01", everything=True)
    assert [(kind, cents) for kind, _, _, cents in world.lines("mapped", "2026-01")] == [
        ("plan_base", 5000),
        ("overage", 12),
        ("llm_usage", 2),
        ("tax", 501),
    ]
    assert world.findings("duplicate_events") == [(None, None, "llm_usage"), (None, None, "metering")]
