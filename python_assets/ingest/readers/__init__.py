"""Files of rows to a relation of texts: CSV, JSON Lines and Parquet, with a column per column of the table.

Values are not judged here.
"""

from concurrent.futures import Future

from python_assets.errors import UserError
from python_assets.ingest.feeds import Table
from python_assets.ingest.files import LandingFile, Survey
from python_assets.ingest.readers import regular_csv
from python_assets.ingest.readers.base import PythonSource, Source
from python_assets.ingest.readers.csv import CsvColumns, CsvRecords
from python_assets.ingest.readers.jsonl import JsonLines
from python_assets.ingest.readers.parquet import ParquetSource
from python_assets.ingest.readers.regular_csv import PresumedCsv


def open_source(file: LandingFile, table: Table, surveyed: Future[Survey]) -> Source:
    """The rows of a file of rows; UserError if it is not of its format or lacks a required column.

    A big CSV file may still be being surveyed: it is presumed to be plain.
    """
    if file.format == "csv" and not file.is_gzipped and file.path.stat().st_size >= regular_csv.WORTH_PRESUMING:
        try:
            return PresumedCsv(file, CsvColumns(CsvRecords(file).header, table, file), surveyed)
        except UserError:
            surveyed.result()  # What is wrong with all of the text says more than what is wrong with its header.
            raise
    survey = surveyed.result()
    if file.format == "parquet":
        return ParquetSource(file, table)
    if file.format == "jsonl":
        return PythonSource(table, JsonLines(file, table), first_record=1)
    return regular_csv.csv_source(file, table, survey)
