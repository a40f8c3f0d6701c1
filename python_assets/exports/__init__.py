"""Files that finance, other systems and tenants take from a publication: one folder per month.

They are made from the published tables; only proofs come from the ledger. Files for machines hold text as it is; CSV
files for people and the workbook hold none that a spreadsheet would run.
"""

from python_assets.exports.months import Exports, write_exports

__all__ = ["Exports", "write_exports"]
