"""Mappings: which field of another system's export is which column, as the files in `<home>/mappings` say it.

What a mapping may say, as data, and the messages for one that says something else. How records become rows stands
in `mapped.py`. Built-in mappings lie in the folder `mappings` beside this file; a home's mapping extends them.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from python_assets.ingest.feeds import Table, tables_of
from python_assets.ingest.files import Fault, cut, shown
from python_assets.ingest.values import KINDS

FEEDS_WITH_MAPPINGS = ("control_plane", "metering", "llm_usage", "billed_invoices", "campaigns")
BUILT_IN = Path(__file__).parent / "mappings"
SIZE_LIMIT = 1024 * 1024  # bytes of one mapping
_FACTOR = re.compile(r"[+-]?([0-9]{1,15}(\.[0-9]{0,18})?|\.[0-9]{1,18})")
_FIELD = re.compile(r"\{([^{}]+)\}")
_SOURCES = ("field", "id_of", "template", "constant")

Text = Annotated[str, Field(min_length=1)]
_as_list = BeforeValidator(lambda value: [value] if isinstance(value, str) else value)
Texts = Annotated[list[Text], _as_list, Field(min_length=1)]
Values = Annotated[list[str], _as_list, Field(min_length=1)]  # an empty text is a field that is empty or absent


class Rule(BaseModel):
    """Where a column comes from: exactly one of _SOURCES, and what is done to the text then, in this order."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    field: Texts | None = None  # the first of these that is not empty
    id_of: Texts | None = None  # an id made of these; hashed if there are several, or if one does not fit
    template: str | None = None  # text with fields in braces
    constant: str | None = None
    default: str | None = None  # instead of an empty text
    values: dict[str, str] | None = None
    otherwise: str | None = None  # for what `values` does not list
    multiply: str | None = None

    @property
    def alternatives(self) -> list[tuple[str, ...]]:
        """The fields that this needs: of each tuple one."""
        if self.field:
            return [tuple(self.field)]
        return [(name,) for name in (self.id_of or _FIELD.findall(self.template or ""))]

    @property
    def fields(self) -> list[str]:
        return [name for names in self.alternatives for name in names]

    @field_validator("multiply")
    @classmethod
    def _is_factor(cls, text: str | None) -> str | None:
        if text is not None and not (_FACTOR.fullmatch(text) and Decimal(text)):
            raise ValueError(
                f"'{cut(text)}' is no decimal number other than 0; fractions such as 1/3600 would not be exact"
            )
        return text

    @model_validator(mode="after")
    def _makes_sense(self) -> "Rule":
        if sum(getattr(self, source) is not None for source in _SOURCES) != 1:
            raise ValueError(f"needs exactly one of: {', '.join(_SOURCES)}")
        if self.template is not None and not self.fields:
            raise ValueError("the template names no field; write fields in braces, such as {team_id}, or use constant")
        if self.otherwise is not None and self.values is None:
            raise ValueError("'otherwise' goes with 'values'")
        return self


class Document(BaseModel):
    """A mapping's file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    description: str | None = None
    extends: str | None = None
    feed: str | None = None
    table: str | None = None  # of feeds with several tables
    files: Texts | None = None  # patterns for names of files
    columns: dict[str, Annotated[Rule, BeforeValidator(lambda value: _rule(value))]] = {}
    expect: dict[str, Texts] = {}  # field to its allowed values; other records are quarantined
    skip: list[dict[str, Values]] = []  # conditions, field to texts: records that meet any of them are left out
    private: Texts | None = None  # names of fields that no column may come from


def _rule(value: Any) -> Any:
    """A column's short form: a field, or a list of fields."""
    return {"field": value} if isinstance(value, str | list) else value


@dataclass(frozen=True, eq=False)
class Mapping:
    """A mapping that makes sense. `digest` changes with what becomes of records, and with nothing else."""

    where: str
    table: Table
    files: tuple[str, ...]
    columns: dict[str, Rule]
    expect: dict[str, list[str]]
    skip: list[dict[str, list[str]]]
    digest: str

    def is_for(self, feed: str, name: str) -> bool:
        return self.table.feed == feed and any(fnmatchcase(name, pattern) for pattern in self.files)

    @property
    def fields(self) -> list[str]:
        """Every field that is taken or looked at."""
        named = [field for rule in self.columns.values() for field in rule.fields]
        return list(dict.fromkeys([*named, *self.expect, *(field for condition in self.skip for field in condition)]))

    @property
    def origins(self) -> dict[str, str]:
        """Columns to the fields that they come from, as a person should see them."""
        origins = {column: (" or " if rule.field else ", ").join(rule.fields) for column, rule in self.columns.items()}
        return {column: origin for column, origin in origins.items() if origin}


@dataclass(frozen=True)
class Mappings:
    """All mappings of a home, and what is wrong with those that cannot be used."""

    usable: tuple[Mapping, ...] = ()
    faults: tuple[Fault, ...] = ()

    def faults_of(self, feed: str) -> list[Fault]:
        """What keeps a feed from being read; a fault that names no feed may concern any."""
        return [fault for fault in self.faults if fault.feed in ("", feed)]


def read_mappings(folder: Path) -> Mappings:
    """The mappings in a home's folder; none if there is no folder."""
    usable: list[Mapping] = []
    faults: list[Fault] = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path.name.startswith(".") or path.name.upper().startswith("README"):
            continue
        where = f"mappings/{shown(path.name)}"
        try:
            usable.append(_mapping(where, _read(path)))
        except _Wrong as wrong:
            faults += [Fault(wrong.feed, where, message) for message in wrong.messages]
    return Mappings(tuple(usable), tuple(faults))


class _Wrong(Exception):
    """All that is wrong with a mapping, each a message that begins with the key."""

    def __init__(self, messages: list[str], feed: str = ""):
        self.messages = messages
        self.feed = feed


class _Loader(yaml.BaseLoader):
    """YAML with every value as the text that is written, so that 0.1 and 007 stay what they are."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        if twice := next((key for key in keys if not isinstance(key, str) or keys.count(key) > 1), None):
            raise yaml.MarkedYAMLError(
                problem=f"the key '{cut(str(twice))}' stands twice", problem_mark=node.start_mark
            )
        return super().construct_mapping(node, deep)


def _read(path: Path) -> Document:
    if not path.is_file() or path.suffix not in (".yaml", ".yml"):
        raise _Wrong(["is no mapping; the folder mappings/ holds files that end in .yaml"])
    try:
        if path.stat().st_size > SIZE_LIMIT:
            raise _Wrong([f"is longer than {SIZE_LIMIT} bytes"])
        content = yaml.load(path.read_text("utf-8-sig"), _Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}: " if mark else ""
        raise _Wrong([f"cannot be read as YAML: {place}{getattr(error, 'problem', None) or error}"]) from error
    except RecursionError as error:
        raise _Wrong(["cannot be read: it is nested too deeply"]) from error
    except (OSError, UnicodeDecodeError) as error:
        raise _Wrong([f"cannot be read: {getattr(error, 'strerror', None) or 'it is no UTF-8 text'}"]) from error
    if not isinstance(content, dict):
        raise _Wrong(["is no mapping; it must have the keys 'files', 'feed' or 'extends', and 'columns'"])
    try:
        return Document.model_validate(content)
    except ValidationError as error:
        raise _Wrong([_message(one) for one in error.errors()], _feed_of(content)) from error


_MESSAGES = {
    "string_type": "must be a text",
    "list_type": "must be a text or a list of texts",
    "dict_type": "must have keys and values",
    "model_type": "must be a field, a list of fields, or keys and values",
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
}


def _message(error: Any) -> str:
    """What pydantic found, for a person: the key, and what is wrong with it."""
    key = cut(".".join(map(str, error["loc"])))
    if error["type"] == "extra_forbidden":
        known = Document if len(error["loc"]) == 1 else Rule
        return f"{key}: is no key of a mapping; known here are: {', '.join(known.model_fields)}"
    return f"{key}: {_MESSAGES.get(error['type'], error['msg'].removeprefix('Value error, '))}"


def _feed_of(content: dict[str, Any]) -> str:
    """The feed of a faulty mapping, empty if that is not certain."""
    extended = built_in(content["extends"]) if content.get("extends") in built_in_names() else None
    feed = extended.feed if extended else content.get("feed")
    return feed if feed in FEEDS_WITH_MAPPINGS else ""


@cache
def built_in_names() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in BUILT_IN.glob("*.yaml")))


@cache
def built_in(name: str) -> Document:
    return _read(BUILT_IN / f"{name}.yaml")


def _mapping(where: str, own: Document) -> Mapping:
    if own.extends is not None and own.extends not in built_in_names():
        raise _Wrong([f"extends: '{cut(own.extends)}' is not built in; there are: {', '.join(built_in_names())}"])
    base = built_in(own.extends) if own.extends else Document()
    merged = Document(
        feed=own.feed or base.feed,
        table=own.table or base.table,
        files=own.files,
        columns=base.columns | own.columns,
        expect=base.expect | own.expect,
        skip=[*base.skip, *own.skip],
        private=[*(base.private or []), *(own.private or [])] or None,
    )
    table = _table(merged, base)
    wrong = [*_wrong_files(merged), *_wrong_columns(merged, table), *_wrong_fields(merged), *_wrong_skip(merged)]
    if wrong:
        raise _Wrong(wrong, table.feed)
    meaning = merged.model_dump(include={"columns", "expect"}) | {"table": table.name}
    if merged.skip:
        meaning["skip"] = merged.skip
    digest = hashlib.sha256(json.dumps(meaning, sort_keys=True).encode()).hexdigest()
    return Mapping(where, table, tuple(merged.files or ()), merged.columns, merged.expect, merged.skip, digest)


def _table(merged: Document, base: Document) -> Table:
    """The table that a mapping fills."""
    if merged.feed not in FEEDS_WITH_MAPPINGS:
        what = "is missing" if merged.feed is None else f"'{cut(merged.feed)}' has no mappings"
        raise _Wrong([f"feed: {what}; name one of: {', '.join(FEEDS_WITH_MAPPINGS)}"])
    if base.feed not in (None, merged.feed):
        raise _Wrong([f"feed: what is extended is for {base.feed}; leave this key out"], merged.feed)
    tables = {table.stem: table for table in tables_of(merged.feed)}
    if merged.table not in tables:
        known = ", ".join(stem for stem in tables if stem)
        hint = f"name one of: {known}" if known else f"{merged.feed} has one table; leave this key out"
        what = "is missing" if merged.table is None else f"'{cut(merged.table)}' is no table of {merged.feed}"
        raise _Wrong([f"table: {what}; {hint}"], merged.feed)
    return tables[merged.table]


def _wrong_files(merged: Document) -> list[str]:
    if not merged.files:
        return ["files: is missing; give a pattern for the names of the files, such as litellm-*"]
    return [
        f"files: '{cut(pattern)}' must be a pattern for names, without folders"
        for pattern in merged.files
        if "/" in pattern or "\\" in pattern
    ]


def _wrong_columns(merged: Document, table: Table) -> list[str]:
    kinds = {column.name: column.kind for column in table.columns}
    wrong = [
        f"columns.{cut(column)}: is no column of {table.name}; there are: {', '.join(kinds)}"
        for column in merged.columns
        if column not in kinds
    ]
    wrong += [
        f"columns.{column}: is required by {table.name}; say which field it is, or give a constant"
        for column in table.required
        if column not in merged.columns
    ]
    numbers = {kind for kind, meaning in KINDS.items() if meaning.sql_type.startswith(("BIGINT", "DECIMAL"))}
    return wrong + [
        f"columns.{column}.multiply: {column} is no number"
        for column, rule in merged.columns.items()
        if rule.multiply and kinds.get(column) not in numbers
    ]


def _wrong_skip(merged: Document) -> list[str]:
    """Conditions that every record would meet."""
    return [
        f"skip: condition {number} names no field, so that it would leave out every record"
        for number, condition in enumerate(merged.skip, 1)
        if not condition
    ]


def _wrong_fields(merged: Document) -> list[str]:
    """Columns that come from private fields."""
    private = set(merged.private or [])
    return [
        f"columns.{column}: '{cut(field)}' is private and is never kept"
        for column, rule in merged.columns.items()
        for field in rule.fields
        if private & {field, *field.split(".")}
    ]
