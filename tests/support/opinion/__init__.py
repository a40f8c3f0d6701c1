"""A second opinion: the billing rules read again, in plain Python with exact fractions.

Nothing here comes from the project, and there is no SQL and no float: rows of text in, cents and quantities out. Each
function names the rule that it reads. `landing` says what is known, `days` which days are billed, `rating` what they
cost, `books` what is invoiced, sealed and carried over.
"""
