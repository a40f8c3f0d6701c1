"""`audit`: the ledger's hashes and proofs."""

import json
import sys
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from orchestration.cli import completion
from orchestration.cli.shared import (
    HomeOption,
    JsonOption,
    as_period,
    err,
    opened,
    out,
    plainly,
    print_json,
)
from python_assets.errors import UserError
from python_assets.periods import period_text

audit = typer.Typer(no_args_is_help=True, help="Print and check the ledger's hashes and proofs.")


PeriodArgument = Annotated[
    date | None,
    typer.Option(
        "--period",
        parser=as_period,
        metavar="YYYY-MM",
        help="The month. Default: the newest sealed one.",
        autocompletion=completion.periods,
    ),
]


@audit.command("hash")
@plainly
def audit_hash(period: PeriodArgument = None, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Print the audit hash of a month's newest seal."""
    from python_assets import ledger

    of = opened(home)
    month = period or ledger.newest_period(of)
    if month is None:
        raise UserError(f"{of.ledger}: nothing is sealed yet")
    found = ledger.audit_hash_of(of, month)
    if as_json:
        print_json({"period": period_text(month), "audit_hash": found})
    else:
        out.print(found)


@audit.command("verify")
@plainly
def audit_verify(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Recompute every hash of the ledger from its files; exit with 1 and name the first broken seal if one differs."""
    from python_assets import ledger

    of = opened(home)
    with err.status("recomputing hashes", spinner="dots"):
        verdict = ledger.verify(of)
    if as_json:
        print_json(vars(verdict))
    elif verdict.ok and not verdict.seals:
        out.print(f"{of.ledger}: nothing is sealed yet")
    elif verdict.ok:
        out.print(f"{verdict.seals} seals, all as they should be\nlast audit hash {verdict.last_hash}")
    else:
        place = f"broken, first at seal {verdict.broken_seal}" if verdict.broken_seal else "not whole"
        err.print(f"the ledger is {place}:", style="red")
        for fault in verdict.faults:
            err.print(f"  {fault}")
    if not verdict.ok:
        raise typer.Exit(1)


@audit.command("prove")
@plainly
def audit_prove(
    invoice: Annotated[
        str,
        typer.Argument(
            metavar="INVOICE_ID", help="For example INV-2026-04-pilot-1.", autocompletion=completion.invoices
        ),
    ],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print an inclusion proof of one invoice as JSON: its content, a path of hashes, the seal."""
    from python_assets import ledger

    print_json(ledger.prove(opened(home), invoice))


@audit.command("check-proof")
@plainly
def audit_check_proof(
    proof: Annotated[
        Path, typer.Argument(metavar="PROOF.json", help="The output of `audit prove`; - for standard input.")
    ],
    seal: Annotated[Path | None, typer.Option(help="A seal.json that the proof must lead to.")] = None,
    audit_hash: Annotated[str | None, typer.Option(help="The audit hash that the proof must lead to.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check a proof without a ledger; exit with 1 if it does not hold."""
    from python_assets import ledger

    verdict = ledger.check_proof(_read_json(proof), _read_json(seal) if seal else None, audit_hash)
    if as_json:
        print_json(vars(verdict))
    elif verdict.ok:
        out.print(f"the proof holds\naudit hash {verdict.audit_hash}")
    else:
        err.print("the proof does not hold:", style="red", end=" ")
        err.print("; ".join(verdict.faults))
    if not verdict.ok:
        raise typer.Exit(1)


def _read_json(path: Path) -> Any:
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text("utf-8")
        return json.loads(text, object_pairs_hook=_each_once)
    except RecursionError:
        raise UserError(f"{path}: cannot be read as JSON: it is nested too deeply") from None
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: cannot be read as JSON: {error}") from None


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """ValueError for a key that stands twice: a person would read one of the two, and the check the other."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError(f"a key stands twice in an object of {', '.join(found)}")
    return found
