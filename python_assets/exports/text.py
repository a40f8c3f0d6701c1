"""Text of others as cells of CSV files and strings of journals: on one line, and never a spreadsheet's formula.

Names and descriptions come as tenants wrote them. Parsers differ in what ends a record (a bare carriage return, quoted
or not; for some any of Unicode's line breaks), so what is shown has no control characters and no line breaks at all.
Parquet, JSON and the ledger hold the text as it was delivered.
"""

import re

_BREAKS = r"[\x00-\x1f\x7f-\x9f\x{2028}\x{2029}]+"
# Spreadsheets drop blanks, marks and characters that nobody sees before they look for a formula; some also take the
# full-width and small forms of = + - @ and the minus sign for these.
_UNSEEN = r"[\p{Z}\p{C}\p{M}\x{115F}\x{1160}\x{2800}\x{3164}\x{FFA0}]*"
_SIGNS = r"[=+\-@\x{2212}\x{FE62}\x{FE63}\x{FE66}\x{FE6B}\x{FF0B}\x{FF0D}\x{FF1D}\x{FF20}]"


def on_one_line(text: str) -> str:
    """The text with a blank in place of each run of control characters and line breaks."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text)


def for_people_sql(column: str) -> str:
    """SQL: the text of a column on one line, behind an apostrophe if a spreadsheet could take it for a formula."""
    text = f"regexp_replace({column}, '{_BREAKS}', ' ', 'g')"
    shown = f"regexp_replace({text}, '^({_UNSEEN}{_SIGNS})', '''\\1')"
    # Nearly all text is harmless, and to find that out takes a third of the time.
    return f"case when regexp_matches({column}, '{_BREAKS}|^{_UNSEEN}{_SIGNS}') then {shown} else {column} end"
