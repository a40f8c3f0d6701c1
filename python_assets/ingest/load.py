"""One unit of landing (a file, or files whose rows are judged together) to typed Parquet and quarantine.

A file's Parquet holds all rows that could be read, in the file's order, with the fault of a faulty one beside
it. So the big pass stays parallel and needs no row numbers; record numbers are worked out only for faults.
"""

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from python_assets.errors import UserError
from python_assets.ingest.documents import document_source
from python_assets.ingest.exports import ExportRow, export_source
from python_assets.ingest.feeds import ALL_SET_COLUMNS, SET_COLUMNS, TABLES, Table
from python_assets.ingest.files import FileError, LandingFile, Survey, cut
from python_assets.ingest.mapped import mapped_source
from python_assets.ingest.readers import open_source
from python_assets.ingest.readers.base import Rejects, Source, glob_literal
from python_assets.ingest.readers.parquet import ParquetSource
from python_assets.ingest.readers.regular_csv import RegularCsv, Unreadable
from python_assets.ingest.values import VALUE_LIMIT, checked_sql, literal, name, prepare
from python_assets.memory import Lender, bound_memory, in_memory

_REJECTED = pa.schema(
    [("line", pa.int64()), ("column_name", pa.string()), ("value", pa.string()), ("reason", pa.string())]
)

# A column of ids has no two alike: looking for a dictionary in all of its values takes half as long as all else that
# writing does. Up to here one is found for what repeats. This compression takes no longer than DuckDB's usual one, and
# half the space.
_AS_IT_COMES = (
    "string_dictionary_page_size_limit 400000, write_bloom_filter false, compression zstd, compression_level 1, "
    "parquet_version v2"
)


@dataclass
class Loaded:
    """What came of one file: counts, and its Parquet files (none where there is nothing to keep)."""

    file: LandingFile
    rows_read: int
    rows_quarantined: int
    parquet: Path | None
    quarantine: Path | None
    rows_skipped: int = 0


@dataclass
class _Typed:
    """A file on its way: its Parquet with faults marked, and the records that gave no row."""

    file: LandingFile
    parquet: Path
    first_record: int
    rejects: Rejects
    index: int

    @property
    def skipped(self) -> str:
        return f"skipped_{self.index}"


def _for_typing() -> duckdb.DuckDBPyConnection:
    connection = in_memory()
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set preserve_insertion_order = true")
    prepare(connection)
    return connection


_connections = Lender(_for_typing)


@contextmanager
def connection_for_typing(scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB connection that can type values; what does not fit in memory goes to `scratch`."""
    with _connections.lend() as connection:
        connection.execute("reset memory_limit")
        bound_memory(connection, scratch / "spill")
        yield connection
        with suppress(duckdb.Error):  # A damaged file may have ended it.
            _clear(connection)


def _clear(connection: duckdb.DuckDBPyConnection) -> None:
    """Lets go of what was made and registered: of a file at fault it would stay open."""
    for (table,) in connection.execute("select table_name from duckdb_tables() where temporary").fetchall():
        connection.execute(f"drop table {name(table)}")
    views = connection.execute("select view_name from duckdb_views() where temporary and not internal").fetchall()
    for (registered,) in views:
        connection.unregister(registered)


def load_unit(
    connection: duckdb.DuckDBPyConnection, unit: list[tuple[LandingFile, Future[Survey]]], folder: Path
) -> list[Loaded]:
    """Type the files of a unit into `folder`, in their order; FileError names the one that cannot be taken."""
    if unit[0][0].feed == "analytics_exports":
        for _, surveyed in unit:
            surveyed.result()
        return _load_export(connection, [file for file, _ in unit], folder)
    table = TABLES[unit[0][0].table]
    typed = []
    for index, (file, surveyed) in enumerate(unit):
        try:
            typed.append(_type_file(connection, table, file, surveyed, folder, index))
        except FileError:
            raise
        except UserError as error:
            raise FileError(file, str(error)) from error
    if table.key:
        _mark_repeated_keys(connection, table, typed)
    return [_finish(connection, one) for one in typed]


def _type_file(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    file: LandingFile,
    surveyed: Future[Survey],
    folder: Path,
    index: int,
) -> _Typed:
    parquet = folder / f"{index}.parquet"
    source = _source(table, file, surveyed)
    rejects = None
    while rejects is None:
        try:
            rejects = _copy(connection, table, file, source, parquet)
        except Unreadable as error:
            source = error.instead(connection)
    typed = _Typed(file, parquet, source.first_record, rejects, index)
    _register_skipped(connection, typed)
    return typed


def _source(table: Table, file: LandingFile, surveyed: Future[Survey]) -> Source:
    if not file.mapping and file.format != "json":
        return open_source(file, table, surveyed)
    surveyed.result()  # It knows whether this is text.
    return mapped_source(file, file.mapping) if file.mapping else document_source(file, table)


def _copy(
    connection: duckdb.DuckDBPyConnection, table: Table, file: LandingFile, source: Source, parquet: Path
) -> Rejects:
    """Write the checked rows of a source; the records that gave none."""
    relation = source.relation(connection)
    # As an enumeration a constant takes a sixth of the time that writing it as a text does.
    lineage = f"DATE '{file.period}' as _period, cast({literal(file.name)} as enum({literal(file.name)})) as _file"
    try:
        (rows,) = connection.execute(
            f"""copy (select *, {lineage} from ({checked_sql(table, relation, _origins(file))}))
            to {literal(str(parquet))} (format parquet, {_AS_IT_COMES})"""
        ).fetchall()[0]
    except duckdb.Error as error:
        if isinstance(source, RegularCsv) and isinstance(error, duckdb.InvalidInputException):
            raise Unreadable(source) from error
        if isinstance(source, RegularCsv | ParquetSource):
            raise UserError(f"cannot be read: {cut(str(error).splitlines()[0])}") from error
        raise
    rejects = source.rejects(connection)
    if isinstance(source, RegularCsv):
        source.check_count(rows + len(rejects.faulty))
    return rejects


def _origins(file: LandingFile) -> dict[str, str]:
    return file.mapping.origins if file.mapping else {}


def _register_skipped(connection: duckdb.DuckDBPyConnection, typed: _Typed) -> None:
    """A table of where records gave no row: from data row `row` on, `n` records were skipped before it."""
    rejects = typed.rejects
    if not rejects.blank and not rejects.faulty and not rejects.skipped:
        connection.execute(f"create or replace temp table {typed.skipped} (row bigint, n bigint)")
        return
    faulty = np.array([record for record, *_ in rejects.faulty], np.int64)
    numbers = np.concatenate([np.array(rejects.blank), np.array(rejects.skipped), faulty])
    connection.register("numbers", pa.table({"record": pa.array(numbers)}))
    connection.execute(
        f"""create or replace temp table {typed.skipped} as
        select record - {typed.first_record} - (position - 1) as row, max(position) as n
        from (
            select record, row_number() over (order by record) as position
            from numbers
        )
        group by 1"""
    )
    connection.unregister("numbers")


def _numbered(typed: _Typed) -> str:
    """All rows of a typed file with `_record`, the number of their record in the file."""
    return f"""(select p.*, p.file_row_number + {typed.first_record} + coalesce(s.n, 0) as _record
        from read_parquet({glob_literal(typed.parquet)}, file_row_number = true, hive_partitioning = false) as p
        asof left join {typed.skipped} as s on p.file_row_number >= s.row)"""


def _mark_repeated_keys(connection: duckdb.DuckDBPyConnection, table: Table, typed: list[_Typed]) -> None:
    """Give every valid row whose key an earlier valid row of the delivery has a fault."""
    keys = ", ".join(name(column) for column in table.key)
    files = ", ".join(glob_literal(one.parquet) for one in typed)
    repeated = connection.execute(
        f"""select 1 from read_parquet([{files}], hive_partitioning = false) where _fault is null
        group by {keys} having count(*) > 1 limit 1"""
    ).fetchall()
    if not repeated:
        return
    texts = " || ', ' || ".join(f"coalesce(cast({name(column)} as varchar), 'empty')" for column in table.key)
    content = f"struct_pack({', '.join(name(column) for column in table.column_names)})"
    rows = " union all ".join(f"select {one.index} as _index, * from {_numbered(one)}" for one in typed)
    connection.execute(
        f"""create or replace temp table repeats as
        select _index, file_row_number as row, left({texts}, {VALUE_LIMIT}) as key_text,
            first_value(_record) over of_key as first_record, first_value(_file) over of_key as first_file,
            {content} is not distinct from first_value({content}) over of_key as is_same
        from ({rows}) where _fault is null
        window of_key as (partition by {keys} order by _index, file_row_number)
        qualify row_number() over of_key > 1"""
    )
    for one in typed:
        columns = ", ".join(_origins(one.file).get(column, column) for column in table.key)
        marked = one.parquet.with_suffix(".marked")
        connection.execute(
            f"""copy (
                select p.* exclude (file_row_number) replace (
                    case when r.row is null then _fault else cast(to_json({{
                        'column': {literal(columns)},
                        'value': key_text,
                        'reason': 'repeats the key ' || key_text
                            || ', first given in record ' || first_record || ' of ' || first_file,
                        'is_same': is_same
                    }}) as varchar) end as _fault)
                from read_parquet({glob_literal(one.parquet)}, file_row_number = true, hive_partitioning = false) as p
                left join (from repeats where _index = {one.index}) as r on p.file_row_number = r.row
                order by p.file_row_number
            ) to {literal(str(marked))} (format parquet)"""
        )
        marked.replace(one.parquet)


def _finish(connection: duckdb.DuckDBPyConnection, typed: _Typed) -> Loaded:
    """Count, and write the quarantine if anything belongs there."""
    rows, faults = connection.execute(
        f"""select count(*), count(_fault)
        from read_parquet({glob_literal(typed.parquet)}, hive_partitioning = false)"""
    ).fetchall()[0]
    rejected, skipped = len(typed.rejects.faulty), len(typed.rejects.skipped)
    quarantine = None
    if faults + rejected:
        quarantine = typed.parquet.with_suffix(".quarantine")
        kept = "".join(f", {name(column)}" for column in SET_COLUMNS.get(typed.file.table, ()))
        faulty = f"""select _record as line, _fault->>'column' as column_name, _fault->>'value' as value,
                _fault->>'reason' as reason, coalesce(_fault->>'is_same' = 'true', false) as is_same_again {kept}
            from {_numbered(typed)} where _fault is not null"""
        _write_quarantine(connection, typed.file, typed.rejects, faulty, quarantine)
    return Loaded(typed.file, rows + rejected + skipped, faults + rejected, typed.parquet, quarantine, skipped)


def _write_quarantine(
    connection: duckdb.DuckDBPyConnection, file: LandingFile, rejects: Rejects, faulty: str, path: Path
) -> None:
    columns = zip(*rejects.faulty, strict=True) if rejects.faulty else [()] * len(_REJECTED)
    given = pa.table(
        [pa.array(column, kind.type) for column, kind in zip(columns, _REJECTED, strict=True)], schema=_REJECTED
    )
    connection.register("given", given)
    # A record that gave no row says nothing of its set, but an invoice's file is named for the invoice.
    known = {"invoice_uuid": literal(file.subject)} if "invoice_uuid" in SET_COLUMNS.get(file.table, ()) else {}
    unread = ", ".join(f"cast({known.get(column, 'null')} as varchar) as {column}" for column in ALL_SET_COLUMNS)
    connection.execute(
        f"""copy (
            select DATE '{file.period}' as period, {literal(file.feed)} as feed, {literal(file.name)} as file, faults.*,
                {literal(file.table)} as table_name
            from (
                select *, false as is_same_again, {unread} from given
                union all by name
                ({faulty})
            ) as faults order by line
        ) to {literal(str(path))} (format parquet)"""
    )
    connection.unregister("given")


def _load_export(connection: duckdb.DuckDBPyConnection, files: list[LandingFile], folder: Path) -> list[Loaded]:
    """An export's one row. Its CSV counts its own records, its declaration counts as one."""
    table = TABLES["analytics_exports"]
    by_format = {file.format: file for file in files}
    export, declaration = by_format["csv"], by_format.get("json")
    at_fault = declaration or export
    try:
        row = ExportRow(table, export, declaration)
        at_fault = export
        typed = folder / "0.parquet"
        _copy(connection, table, export, export_source(table, row), typed)
    except UserError as error:
        raise FileError(at_fault, str(error)) from error
    loaded = []
    counts = {"csv": (row.row_count + len(row.csv_rejects.faulty), row.csv_rejects), "json": (1, row.json_rejects)}
    for file in files:
        rows, rejects = counts[file.format]
        quarantine = folder / f"{file.format}.quarantine" if rejects.faulty else None
        if quarantine:
            _write_quarantine(connection, file, rejects, "select * from given where false", quarantine)
        # A declaration with two faults is still one record.
        faulty = len({record for record, *_ in rejects.faulty})
        loaded.append(Loaded(file, rows, faulty, typed if file is export else None, quarantine))
    return loaded
