"""What a mapping may say, and the message for one that says something else."""

import pytest

from python_assets.errors import UserError
from python_assets.ingest import mapping, problems

GOOD = "extends: litellm\nfiles: litellm-*\n"
HOW = "feed: metering\nfiles: x*\ncolumns: {event_id: a, deployment_id: b, resource_kind: c, quantity: q, measured_at: "


def faults(landing):
    with pytest.raises(UserError) as error:
        landing.ingest("llm_usage")
    return str(error.value).splitlines()


@pytest.mark.parametrize("name", mapping.built_in_names())
def test_what_is_built_in_makes_sense_as_it_is(landing, name):
    landing.map("x.yaml", f"extends: {name}\nfiles: x-*\n")
    (usable,) = mapping.read_mappings(landing.home.mappings).usable
    assert set(usable.columns) <= set(usable.table.column_names)


def test_private_fields_of_litellm_cannot_be_mapped(landing):
    columns = "columns:\n  model: messages\n  tenant_id: metadata.requester_ip_address\n  deployment_id: api_key\n"
    landing.map("x.yaml", GOOD + columns)
    assert faults(landing) == [
        "mappings/x.yaml: columns.tenant_id: 'metadata.requester_ip_address' is private and is never kept",
        "mappings/x.yaml: columns.deployment_id: 'api_key' is private and is never kept",
        "mappings/x.yaml: columns.model: 'messages' is private and is never kept",
    ]


def test_numbers_and_words_stay_as_they_are_written(landing):
    text = HOW + "t, capability: {constant: 007}, billable: {field: f, values: {yes: true, 1.0: false}}}"
    landing.map("x.yaml", text)
    (usable,) = mapping.read_mappings(landing.home.mappings).usable
    assert usable.columns["capability"].constant == "007"
    assert usable.columns["billable"].values == {"yes": "true", "1.0": "false"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "cannot be read as YAML: line 1: "),
        ("files: a\nfiles: b\n", "cannot be read as YAML: line 1: the key 'files' stands twice"),
        ("? [a]\n: b\n", "cannot be read as YAML: line 1: "),
        ("", "is no mapping; it must have the keys 'files', 'feed' or 'extends', and 'columns'"),
        ("- a\n", "is no mapping; it must have the keys"),
        ("[" * 600, "cannot be read: it is nested too deeply"),
        ("x: &x [*x]", "cannot be read as YAML: line 1: "),
        ("fields: {}\n" + GOOD, "fields: is no key of a mapping; known here are: description, extends, feed"),
        ("extends: langfuse\n", "extends: 'langfuse' is not built in; there are: cloudevents, litellm"),
        ("files: x\n", "feed: is missing; name one of: control_plane, metering, llm_usage"),
        ("feed: analytics_exports\n", "feed: 'analytics_exports' has no mappings; name one of: control_plane"),
        ("feed: metering\n" + GOOD, "feed: what is extended is for llm_usage; leave this key out"),
        ("feed: campaigns\n", "table: is missing; name one of: bundles, campaigns, campaign_usage"),
        ("table: x\n" + GOOD, "table: 'x' is no table of llm_usage; llm_usage has one table; leave this key out"),
        ("extends: litellm", "files: is missing; give a pattern for the names of the files, such as litellm-*"),
        ("extends: litellm\nfiles: []", "files: must not be empty"),
        ("extends: litellm\nfiles: {a: b}", "files: must be a text or a list of texts"),
        (
            "extends: litellm\nfiles: landing/llm_usage/*",
            "files: 'landing/llm_usage/*' must be a pattern for names, without folders",
        ),
        (GOOD + "columns: charge", "columns: must have keys and values"),
        (GOOD + "columns: {charge: }", "columns.charge.field.0: must not be empty"),
        (GOOD + "columns: {cost: spend}", "columns.cost: is no column of llm_usage; there are: gateway_request_id,"),
        (GOOD + "columns: {charge: {}}", "columns.charge: needs exactly one of: field, id_of, template, constant"),
        (GOOD + "columns: {charge: {field: a, constant: b}}", "columns.charge: needs exactly one of: field, id_of"),
        (GOOD + "columns: {charge: {path: a}}", "columns.charge.path: is no key of a mapping; known here are: field,"),
        (
            GOOD + "columns: {charge: {field: spend, multiply: 1/3600}}",
            "columns.charge.multiply: '1/3600' is no decimal number other than 0; fractions",
        ),
        (GOOD + "columns: {charge: {field: spend, multiply: 0.0}}", "columns.charge.multiply: '0.0' is no decimal"),
        (GOOD + "columns: {model: {field: m, multiply: 2}}", "columns.model.multiply: model is no number"),
        (GOOD + "columns: {model: {field: m, otherwise: x}}", "columns.model: 'otherwise' goes with 'values'"),
        (GOOD + "columns: {model: {template: x}}", "columns.model: the template names no field; write fields in"),
        (GOOD + "expect: {status: }", "expect.status.0: must not be empty"),
    ],
)
def test_mapping_that_makes_no_sense_fails_the_feed_by_file_and_key(landing, text, message):
    landing.map("x.yaml", text)
    (fault, *_) = problems(landing.home)
    assert (fault.file, fault.record) == ("mappings/x.yaml", None)
    assert fault.reason.startswith(message)
    with pytest.raises(UserError) as error:
        landing.ingest(fault.feed or "metering")
    assert str(error.value).startswith(f"mappings/x.yaml: {message}")


def test_every_required_column_that_is_not_mapped_is_named(landing):
    landing.map("x.yaml", "feed: metering\nfiles: x\ncolumns: {event_id: id, quantity: n}")
    assert landing.ingest("llm_usage") == []
    with pytest.raises(UserError) as error:
        landing.ingest("metering")
    assert [line.split(": ")[1] for line in str(error.value).splitlines()] == [
        "columns.deployment_id",
        "columns.resource_kind",
        "columns.measured_at",
    ]


def test_faulty_mapping_is_told_once_and_no_file_of_its_feed_is_judged(landing):
    landing.map("x.yaml", "extends: litellm\n")
    landing.put("llm_usage", "litellm-1.csv", "request_id\n")
    landing.put("metering", "a.csv", "event_id\n")
    assert [problem.file for problem in problems(landing.home)] == [
        "landing/metering/period=2026-04/a.csv",
        "mappings/x.yaml",
    ]


def test_file_that_two_mappings_name_is_refused(landing):
    landing.map("a.yaml", GOOD)
    landing.map("b.yaml", 'extends: litellm\nfiles: ["*.jsonl", "*.csv"]')
    landing.put("llm_usage", "litellm-1.jsonl", "")
    where = "landing/llm_usage/period=2026-04/litellm-1.jsonl"
    assert faults(landing) == [f"{where}: is named by more than one mapping: mappings/a.yaml, mappings/b.yaml"]


def test_only_yaml_and_readmes_lie_among_mappings(landing):
    landing.map("README.md", "what goes where")
    landing.map(".hidden", "")
    assert landing.ingest("llm_usage") == []
    landing.map("litellm.yaml.txt", GOOD)
    (landing.home.mappings / "more.yaml").mkdir()
    (landing.home.mappings / "latin.yaml").write_bytes(b"files: \xff")
    assert faults(landing) == [
        "mappings/latin.yaml: cannot be read: it is no UTF-8 text",
        "mappings/litellm.yaml.txt: is no mapping; the folder mappings/ holds files that end in .yaml",
        "mappings/more.yaml: is no mapping; the folder mappings/ holds files that end in .yaml",
    ]
