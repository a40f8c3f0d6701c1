"""Other systems' exports as feeds: LiteLLM's spend logs, CloudEvents, and what a user maps in YAML."""

import csv
import gzip
import hashlib
import io
import json
from decimal import Decimal

import duckdb
import pytest

from python_assets.errors import UserError
from python_assets.ingest import problems, records
from python_assets.ingest.readers import base

LITELLM = 'extends: litellm\nfiles: "litellm-*"\n'
CLOUDEVENTS = "extends: cloudevents\nfiles: meter-*\n"
SECRET = "my diagnosis is private"


def hash_of(*parts):
    return "h:" + hashlib.sha256("\0".join(parts).encode()).hexdigest()[:40]


def spend(number=1, **changes):
    """A line of LiteLLM's spend logs; `spend` is a text that stands in the JSON as it is."""
    log = {
        "request_id": f"chatcmpl-{number}",
        "call_type": "acompletion",
        "api_key": "88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539800c9f1243fe6b4b",
        "spend": "1.7e-05",
        "total_tokens": 30,
        "prompt_tokens": 10,
        "completion_tokens": 20,
        "startTime": "2026-04-02T10:00:00.123000Z",
        "endTime": "2026-04-02T10:00:01.000000Z",
        "model": "gpt-4o",
        "model_group": "chat",
        "user": "u-1",
        "metadata": {"spend_logs_metadata": {"deployment_id": "studio-1"}, "requester_ip_address": "203.0.113.9"},
        "team_id": "team-1",
        "requester_ip_address": "203.0.113.9",
        "messages": [{"role": "user", "content": SECRET}],
        "response": {"choices": [SECRET]},
        "proxy_server_request": {"body": SECRET},
        "status": "success",
    }
    log |= changes
    amount = log.pop("spend")
    return '{"spend": ' + amount + ", " + json.dumps(log)[1:]


def event(number=1, **changes):
    base = {
        "specversion": "1.0",
        "id": str(number),
        "source": "/meters/syd1",
        "type": "droplet_hours",
        "subject": "studio-1",
        "time": "2026-04-02T10:00:00+10:00",
        "data": {"quantity": "1.25", "billable": False, "capability": "compute"},
    }
    return base | changes


def lines(events):
    return "\n".join(map(json.dumps, events)) + "\n"


def everything_kept(landing):
    """All bytes below raw/, and all texts in it, which Parquet may have compressed."""
    kept = b"".join(path.read_bytes() for path in landing.home.raw.rglob("*") if path.is_file())
    for path in landing.home.raw.rglob("*.parquet"):
        kept += repr(landing.query(f"from '{path}'")).encode()
    return kept.decode("utf-8", "replace")


def test_spend_logs_of_litellm_are_llm_usage(landing):
    landing.map("litellm.yaml", LITELLM)
    amounts = ["1.7e-05", "0.1234567890123456785", "0", "-0.5"]
    content = "".join(spend(number, spend=amount) + "\n" for number, amount in enumerate(amounts))
    landing.put("llm_usage", "litellm-april.jsonl", content)
    (count,) = landing.ingest("llm_usage")
    assert (count.rows_read, count.rows_accepted) == (4, 4)
    columns = "gateway_request_id, tenant_id, deployment_id, currency, occurred_at::varchar, model, input_tokens"
    assert landing.rows("llm_usage", columns + ", output_tokens")[0] == (
        *("chatcmpl-0", "team-1", "studio-1", "USD", "2026-04-02 10:00:00.123", "gpt-4o"),
        *(10, 20),
    )
    charges = [Decimal("0.000017"), Decimal("0.123456789012345679"), Decimal(0), Decimal("-0.5")]
    assert [charge for (charge,) in landing.rows("llm_usage", "charge")] == charges


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("litellm-x.csv", lambda logs: as_csv(logs).encode()),
        ("litellm-x.csv.gz", lambda logs: gzip.compress(as_csv(logs).encode())),
        ("litellm-x.json", lambda logs: f" [ {', '.join(logs)} ] ".encode()),
        ("litellm-x.jsonl.gz", lambda logs: gzip.compress("\n".join(logs).encode())),
        ("litellm-x.parquet", lambda logs: as_parquet(logs)),
    ],
)
def test_every_format_gives_the_same_rows(landing, name, write):
    landing.map("litellm.yaml", LITELLM)
    logs = [spend(1), spend(2, spend="0.25", model=""), spend(3, team_id="team/3")]
    landing.put("llm_usage", name, write(logs))
    landing.ingest("llm_usage")
    rows = landing.rows("llm_usage", "gateway_request_id, deployment_id, charge, model, occurred_at::varchar")
    assert rows == [
        ("chatcmpl-1", "studio-1", Decimal("0.000017"), "gpt-4o", "2026-04-02 10:00:00.123"),
        ("chatcmpl-2", "studio-1", Decimal("0.25"), None, "2026-04-02 10:00:00.123"),
    ]
    record = 4 if "csv" in name else 3
    assert landing.quarantine("line, column_name, value") == [(record, "team_id", "team/3")]
    assert SECRET not in everything_kept(landing)


def as_csv(logs):
    """As a dump of the table: nested values are JSON in a cell."""
    logs = [json.loads(log, parse_float=str) for log in logs]
    text = io.StringIO()
    writer = csv.DictWriter(text, logs[0])
    writer.writeheader()
    writer.writerows(
        {name: json.dumps(value) if isinstance(value, dict | list) else value for name, value in log.items()}
        for log in logs
    )
    return text.getvalue()


def as_parquet(logs):
    """With metadata as a struct, and the amount as a decimal."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([json.loads(log, parse_float=Decimal) for log in logs]), buffer)
    return buffer.getvalue()


def test_nothing_that_people_wrote_is_kept_not_even_of_broken_lines(landing):
    landing.map("litellm.yaml", LITELLM)
    broken = [
        f'{{"messages": "{SECRET}", ',
        json.dumps([SECRET]),
        spend(2, spend='"x"'),
        spend(3, model={"content": SECRET}),
        spend(4, request_id=[SECRET]),
    ]
    landing.put("llm_usage", "litellm-x.jsonl", "\n".join([spend(1), *broken]))
    as_text = f"request_id,team_id,spend,startTime,metadata,messages\n{SECRET}\n"
    landing.put("llm_usage", "litellm-x.csv", as_text)
    landing.ingest("llm_usage")
    assert landing.quarantine("line, column_name, value, reason") == [
        (2, None, None, base.TOO_FEW),
        (2, None, None, base.NO_OBJECT),
        (3, None, None, base.NO_OBJECT),
        (4, "spend", "x", "is not a number"),
        (5, "model", None, records.NO_SINGLE),
        (6, "request_id", None, records.NO_SINGLE),
    ]
    kept = everything_kept(landing) + repr(problems(landing.home))
    assert "chatcmpl-1" in kept
    assert SECRET not in kept
    assert "203.0.113.9" not in kept


def test_request_id_that_does_not_fit_becomes_a_hash_and_a_missing_one_a_fault(landing):
    landing.map("litellm.yaml", LITELLM)
    content = [spend(request_id="req/ä 1"), spend(request_id=""), spend(request_id="x" * 129), spend(request_id="ok")]
    landing.put("llm_usage", "litellm-x.jsonl", "\n".join(content))
    landing.ingest("llm_usage")
    ids = [row[0] for row in landing.rows("llm_usage", "gateway_request_id")]
    assert ids == [hash_of("req/ä 1"), hash_of("x" * 129), "ok"]
    assert landing.quarantine() == [(2, "request_id", None, "required value is missing")]


@pytest.mark.parametrize(
    ("rule", "deployment"),
    [
        ("user", "u-1"),
        ("metadata.spend_logs_metadata.deployment_id", "studio-1"),
        ("[end_user, user]", "u-1"),
        ("{constant: shared-gateway}", "shared-gateway"),
        ('{template: "{team_id}-{model_group}.x"}', "team-1-chat.x"),
        ("{field: model_group, values: {chat: studio-7}}", "studio-7"),
        ("{field: model, values: {chat: studio-7}, otherwise: rest}", "rest"),
        ("{field: end_user, default: nobody}", "nobody"),
        ("{id_of: [team_id, user]}", hash_of("team-1", "u-1")),
    ],
)
def test_deployment_comes_from_where_the_mapping_says(landing, rule, deployment):
    landing.map("litellm.yaml", f"{LITELLM}columns:\n  deployment_id: {rule}\n")
    landing.put("llm_usage", "litellm-x.jsonl", spend(1))
    landing.ingest("llm_usage")
    assert landing.rows("llm_usage", "deployment_id") == [(deployment,)]


def test_value_that_a_mapping_does_not_list_is_quarantined(landing):
    rule = "columns:\n  deployment_id: {field: model, values: {gpt-4o: studio-1}}\n"
    landing.map("litellm.yaml", LITELLM + rule)
    landing.put("llm_usage", "litellm-x.jsonl", spend(1) + "\n" + spend(2, model="other"))
    landing.ingest("llm_usage")
    reason = "is none of the values that mappings/litellm.yaml lists"
    assert landing.quarantine() == [(2, "model", "other", reason)]


def test_cloudevents_are_metering(landing):
    landing.map("meter.yaml", CLOUDEVENTS)
    events = [event(1), event(2, data={"value": 3}), event(1, source="/meters/fra1")]
    landing.put("metering", "meter-april.jsonl", lines(events))
    landing.ingest("metering")
    columns = "event_id, deployment_id, resource_kind, quantity, measured_at::varchar, capability, billable"
    assert landing.rows("metering", columns) == [
        (hash_of(e["source"], e["id"]), "studio-1", "droplet_hours", quantity, "2026-04-02 00:00:00", *rest)
        for e, quantity, *rest in [
            (events[0], Decimal("1.25"), "compute", False),
            (events[1], Decimal(3), None, True),
            (events[2], Decimal("1.25"), "compute", False),
        ]
    ]


@pytest.mark.parametrize("batch", [[event(1), event(2)], [], event(1)])
def test_batch_of_cloudevents_is_read_item_by_item(landing, batch):
    landing.map("meter.yaml", CLOUDEVENTS)
    landing.put("metering", "meter-1.json", json.dumps(batch, indent=2))
    (count,) = landing.ingest("metering")
    assert count.rows_accepted == (len(batch) if isinstance(batch, list) else 1)


def test_records_that_are_no_cloudevent_are_counted_and_named(landing):
    landing.map("meter.yaml", CLOUDEVENTS)
    events = [
        event(1),
        event(2, specversion="0.3"),
        event(3, source=None),
        {key: value for key, value in event(4).items() if key != "time"},
        event(5, data={"quantity": "many"}),
        event(6, data="no object"),
        event(7, subject="../etc"),
        17,
    ]
    expected = [
        (2, "specversion", "0.3", "is not 1.0, as mappings/meter.yaml expects"),
        (3, "source", None, "required value is missing"),
        (4, "time", None, "required value is missing"),
        (5, "data.quantity or data.value", "many", "is not a number"),
        (6, "data.quantity or data.value", None, "required value is missing"),
        (7, "subject", "../etc", "is not an id: 1 to 128 of A-Z a-z 0-9 . _ : @ - and a letter or digit first"),
        (8, None, None, base.NO_OBJECT),
    ]
    for name, content in [("meter-a.jsonl", lines(events)), ("meter-b.json", json.dumps(events))]:
        path = landing.put("metering", name, content)
        (count,) = landing.ingest("metering")
        assert (count.rows_read, count.rows_accepted, count.rows_quarantined) == (8, 1, 7)
        assert landing.quarantine() == expected
        found = [(p.file, p.record, p.column, p.value, p.reason) for p in problems(landing.home)]
        assert found == [(f"landing/metering/period=2026-04/{name}", *one) for one in expected]
        path.unlink()


@pytest.mark.parametrize(
    ("factor", "text", "result"),
    [
        ("0.001", "1500", Decimal("1.5")),
        ("0.001", "1.5e3", Decimal("1.5")),
        ("0.1", "0.3", Decimal("0.03")),
        ("1000000", "0.000000001", Decimal("0.001")),
        ("+2.5", "123456789012345.2e-1", Decimal("30864197253086.3")),
    ],
)
def test_factor_is_applied_exactly(landing, factor, text, result):
    landing.map("meter.yaml", CLOUDEVENTS + f"columns: {{quantity: {{field: data.quantity, multiply: {factor}}}}}")
    landing.put("metering", "meter-1.jsonl", json.dumps(event(1, data={"quantity": "@"})).replace('"@"', text))
    landing.ingest("metering")
    assert landing.quarantine() == []
    assert landing.rows("metering", "quantity") == [(result,)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x", "is not a number"),
        ("0.0000001", "has more than 9 decimals"),
        ("1e9", "is too long a number to be multiplied"),
        ("9" * 201, "is too long a number to be multiplied"),
    ],
)
def test_number_that_cannot_be_multiplied_is_quarantined(landing, text, reason):
    landing.map("meter.yaml", CLOUDEVENTS + "columns: {quantity: {field: data.quantity, multiply: 0.001}}")
    text = text.replace("1e9", "1e9" + "9" * 30)
    landing.put("metering", "meter-1.jsonl", lines([event(1, data={"quantity": text})]))
    landing.ingest("metering")
    assert [(column, why) for _, column, _, why in landing.quarantine()] == [("data.quantity", reason)]


def test_other_tables_and_names_with_dots_can_be_mapped(landing):
    landing.map(
        "stripe.yaml",
        "feed: billed_invoices\nfiles: [stripe-*.csv, stripe-*.jsonl]\ncolumns:\n  tenant_id: customer.id\n"
        "  month: Month\n  subtotal_cents: {field: net, multiply: 100}\n  tax_cents: {constant: 0}\n"
        "  total_cents: {field: gross, multiply: 100}\n",
    )
    landing.map(
        "lms.yaml",
        "feed: campaigns\ntable: campaign_usage\nfiles: lms-*\ncolumns: {campaign_id: c, event_type: "
        "{constant: learner_served}, quantity: {constant: 1}, occurred_at: at}",
    )
    landing.put("billed_invoices", "stripe-1.csv", "customer.id,Month,net,gross\nt1,2026-04,10.50,11.55\n")
    landing.put("billed_invoices", "stripe-2.csv", "customer.id,Month,net,gross\nt1,2026-04,1,1\nt2,2026-04,0.001,1\n")
    landing.put("campaigns", "lms-1.jsonl", '{"c": "c1", "at": "2026-04-01"}')
    landing.put("campaigns", "lms-2.jsonl", '{"c": "c2", "at": "2026-04-01"}')
    landing.ingest("billed_invoices")
    landing.ingest("campaigns")
    assert landing.rows("billed_invoices", "tenant_id, subtotal_cents, tax_cents, total_cents") == [
        ("t1", 1050, 0, 1155)
    ]
    assert landing.quarantine("file, line, column_name, value, reason") == [
        (
            "stripe-2.csv",
            2,
            "customer.id, Month",
            "t1, 2026-04-01",
            "repeats the key t1, 2026-04-01, first given in record 2 of stripe-1.csv",
        ),
        ("stripe-2.csv", 3, "net", "0.100", "is not a whole number"),
    ]
    assert landing.rows("campaigns__campaign_usage", "campaign_id") == [("c1",), ("c2",)]


def test_plain_files_lie_beside_mapped_ones_and_stay_as_they_are(landing):
    landing.map("litellm.yaml", LITELLM)
    header = "gateway_request_id,tenant_id,deployment_id,charge,occurred_at\n"
    landing.put("llm_usage", "gateway.csv", header + "r1,t,d,1,2026-04-01\n")
    landing.put("llm_usage", "litellm-1.jsonl", spend(1))
    landing.put("metering", "litellm-1.csv", "event_id,deployment_id,resource_kind,quantity,measured_at\n")
    landing.ingest("metering")
    landing.ingest("llm_usage")
    assert [row[0] for row in landing.rows("llm_usage", "gateway_request_id")] == ["r1", "chatcmpl-1"]


def test_changed_mapping_reads_its_files_again_and_no_others(landing):
    header = "gateway_request_id,tenant_id,deployment_id,charge,occurred_at\n"
    landing.put("llm_usage", "gateway.csv", header + "r1,t,d,1,2026-04-01\n")
    landing.put("llm_usage", "litellm-1.jsonl", spend(1))

    def read():
        counts = landing.ingest("llm_usage")
        return [c.file for c in counts if c.is_new], {c.file: c.sha256 for c in counts}["litellm-1.jsonl"]

    landing.map("litellm.yaml", LITELLM)
    new, first = read()
    assert new == ["gateway.csv", "litellm-1.jsonl"]
    landing.map("litellm.yaml", "# a comment\n" + LITELLM)
    assert read() == ([], first)
    landing.map("litellm.yaml", LITELLM + "columns: {deployment_id: user}")
    new, second = read()
    assert new == ["litellm-1.jsonl"]
    assert second != first
    assert landing.rows("llm_usage", "deployment_id") == [("d",), ("u-1",)]
    landing.map("litellm.yaml", LITELLM)
    assert read() == (["litellm-1.jsonl"], first)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("meter-1.jsonl", '{"specversion": "1.0", "id": "1", "type": "t", "time": "2026-04-01", "data": {}}', None),
        ("meter-1.csv", "specversion,id,type,time,data\n", None),
        ("meter-1.json", '[{"id": 1},\n{"id": 2}\n', "is not JSON: line 3"),
        ("meter-1.json", '[{"id": 1}\n{"id": 2}]', "is not JSON: line 2"),
        ("meter-1.json", '[{"id": 1}]\n\n]', "is not JSON: line 3"),
        ("meter-1.json", '\n[{"id": NaN}]', "is not JSON: line 2"),
        ("meter-1.json", '[\n{"id": 1},\n' + "17,\n" * 300_000 + "oops]", "is not JSON: line 300003"),
        ("meter-1.json", "[" * 100_000, "is not JSON: line 1"),
        ("meter-1.json", "", "is not JSON: line 1"),
        ("meter-1.csv", "id,source,id,subject,type,time,data\n", "'id' stands in the header more than once"),
        ("meter-1.parquet", "PAR1", "is not a Parquet file that can be read"),
        ("meter-1.xlsx", "", "has an ending that is not read here; expected is one of: .csv, .csv.gz"),
    ],
)
def test_file_that_lacks_a_field_or_is_not_of_its_format_fails_the_feed(landing, name, content, message):
    landing.map("meter.yaml", CLOUDEVENTS)
    landing.put("metering", name, content)
    missing = "'source', 'subject'"
    lacking = f"{missing} of mappings/meter.yaml is in no record; they have: specversion, id, type, time, data"
    if message is None and name.endswith("jsonl"):
        lacking = lacking.replace(missing, missing + ", 'data.quantity' or 'data.value'")
    with pytest.raises(UserError) as error:
        landing.ingest("metering")
    assert str(error.value).startswith(f"landing/metering/period=2026-04/{name}: {message or lacking}")


def test_many_mapped_rows_keep_their_order_and_their_numbers(landing, monkeypatch):
    monkeypatch.setattr(base, "BATCH", 100)
    landing.map("meter.yaml", CLOUDEVENTS)
    events = [event(number, data={"quantity": number if number % 500 else "x"}) for number in range(3000)]
    landing.put("metering", "meter-1.jsonl", lines(events))
    with duckdb.connect() as connection:
        path = landing.put("metering", "meter-2.parquet", b"")
        source = landing.home.landing / "metering" / "period=2026-04" / "meter-1.jsonl"
        connection.execute(f"copy (from read_json('{source}')) to '{path}' (format parquet)")
    landing.ingest("metering")
    wanted = [number for number in range(3000) if number % 500]
    assert [row[0] for row in landing.rows("metering", "quantity")] == wanted * 2
    assert landing.problem_lines() == [1, 501, 1001, 1501, 2001, 2501] * 2


SKIP = """extends: litellm
files: litellm-*
skip: [{status: [failure], spend: ["", "0", "0.0"]}, {call_type: [health]}]
expect: {status: [success]}
"""


def test_records_that_meet_a_condition_are_left_out_and_counted(landing):
    landing.map("litellm.yaml", SKIP)
    logs = [
        spend(1, status="success"),
        spend(2, status="failure", spend="0.0"),
        spend(3, status="failure"),  # It was charged for, so it is no record to skip.
        spend(4, status="success", call_type="health"),
        spend(5, status="success", team_id="team/5"),
    ]
    landing.put("llm_usage", "litellm-x.jsonl", "\n".join(logs))
    [count] = landing.ingest("llm_usage")
    assert (count.rows_read, count.rows_accepted, count.rows_quarantined, count.rows_skipped) == (5, 1, 2, 2)
    assert landing.rows("llm_usage", "gateway_request_id") == [("chatcmpl-1",)]
    assert landing.quarantine("line, column_name") == [(3, "status"), (5, "team_id")]


def test_a_condition_changes_what_a_file_is_and_none_does_not(landing):
    landing.put("llm_usage", "litellm-x.jsonl", spend(1, status="success"))
    fingerprints = []
    for mapping in (LITELLM, LITELLM + "skip: []\n", LITELLM + "skip: [{status: [failure]}]\n"):
        landing.map("litellm.yaml", mapping)
        fingerprints.append(landing.ingest("llm_usage")[0].sha256)
    assert fingerprints[0] == fingerprints[1] != fingerprints[2]
