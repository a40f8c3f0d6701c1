"""`quote`: what a plan would cost."""

from datetime import date
from typing import Annotated

import typer

from orchestration.cli import completion
from orchestration.cli.shared import HomeOption, JsonOption, as_date, opened, out, plainly, print_json
from python_assets.errors import UserError
from python_assets.money import money


@plainly
def quote(
    plan: Annotated[
        str,
        typer.Option(metavar="CODE", help="The plan, in its highest version.", autocompletion=completion.plans),
    ],
    starts_on: Annotated[
        date, typer.Option(parser=as_date, metavar="YYYY-MM-DD", help="First day of the subscription.")
    ],
    addon: Annotated[
        list[str] | None,
        typer.Option(metavar="CODE", help="An addon. Repeatable.", autocompletion=completion.addons),
    ] = None,
    usage: Annotated[
        list[str] | None, typer.Option(metavar="KIND=QTY", help="Expected usage per month. Repeatable.")
    ] = None,
    top_up: Annotated[
        list[str] | None, typer.Option(metavar="KIND=QTY", help="Usage bought in advance. Repeatable.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Price a plan from the newest published catalog, with the SQL that prices invoices."""
    from python_assets.quote import make_quote, parse_quantities

    try:
        used, bought = parse_quantities(usage or []), parse_quantities(top_up or [])
    except UserError as error:
        raise typer.BadParameter(str(error)) from None
    answer = make_quote(opened(home), plan, starts_on, addon or [], used, bought)
    if as_json:
        print_json(answer)
        return
    out.print_table(
        ("part", "line", "quantity", "unit", "amount"),
        [
            (line["part"], line["description"], line["quantity"], line["unit"], money(line["amount_cents"]))
            for line in answer["lines"]
        ],
        right=("amount",),
        folding=("line",),
    )
    out.print()
    for name in ("recurring", "first_invoice", "overage", "minimum", "all_in_monthly"):
        out.print(f"{name.replace('_', ' '):16}{money(answer[name + '_cents']):>14} {answer['currency']}")
