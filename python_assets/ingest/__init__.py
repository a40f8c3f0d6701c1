"""Landing to raw: input files to typed Parquet, faults set aside. Knows nothing of Dagster or dbt."""

from python_assets.ingest.changes import changed_periods
from python_assets.ingest.check import Problem, problems
from python_assets.ingest.feeds import FEEDS, TABLES, Column, Table, tables_of
from python_assets.ingest.store import (
    LATER_TABLES,
    FileCount,
    delivered_periods,
    earliest_period,
    file_counts,
    ingest_feed,
    quarantine_sql,
    relation_sql,
    version,
)

__all__ = [
    "FEEDS",
    "LATER_TABLES",
    "TABLES",
    "Column",
    "FileCount",
    "Problem",
    "Table",
    "changed_periods",
    "delivered_periods",
    "earliest_period",
    "file_counts",
    "ingest_feed",
    "problems",
    "quarantine_sql",
    "relation_sql",
    "tables_of",
    "version",
]
