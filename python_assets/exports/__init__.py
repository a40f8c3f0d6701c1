"""Files that other systems take from a publication: one folder per month, from the published tables alone.

These are files for machines: text is written as it is, never altered against spreadsheets.
"""

from python_assets.exports.months import write_exports

__all__ = ["write_exports"]
