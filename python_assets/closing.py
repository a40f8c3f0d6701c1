"""Sealing a month out of the warehouse (R14), and what speaks against it."""

from dataclasses import dataclass
from datetime import date

from python_assets import ingest, ledger
from python_assets.errors import UserError
from python_assets.home import Home
from python_assets.ledger import Seal
from python_assets.money import money
from python_assets.periods import add_months, period_text
from python_assets.progress import tell
from python_assets.warehouse.database import connect
from python_assets.warehouse.fingerprints import Run


@dataclass(frozen=True)
class SealOutcome:
    """What sealing came to: why nothing was sealed, or the seal's number, hash, invoices and cents."""

    note: str
    seal_number: int | None = None
    audit_hash: str | None = None
    invoice_count: int = 0
    total_cents: int = 0

    def as_metadata(self) -> dict[str, str | int]:
        entries = {
            "outcome": self.note,
            "seal": self.seal_number,
            "audit hash": self.audit_hash,
            "invoices": self.invoice_count,
            "total in cents": self.total_cents,
        }
        return {name: value for name, value in entries.items() if value is not None}


def check_time_zone(home: Home) -> None:
    """UserError if days are not those of the ledger (R14): not even drafts would fit the months before."""
    for seal in ledger.read_seals(home)[:1]:
        if seal.timezone != home.config.timezone:
            raise UserError(
                f"the ledger was begun in the time zone {seal.timezone} and counterfoil.toml says "
                f"{home.config.timezone}; set billing.timezone back"
            )


def check_order(home: Home, run: Run) -> None:
    """UserError if a month that has ended may not be sealed yet, or ever: then nothing is derived for it either.

    So also if the ledger has a later date and the run must seal. One that may find nothing new is told when it does.
    """
    if run.is_draft or run.as_of < add_months(run.period, 1):
        return
    ledger.check_may_seal(home, run.period, home.config.timezone)
    if run.force or run.period not in ledger.sealed_periods(home):
        ledger.check_seal_date(home, run.period, run.as_of)


def check_reissued_tenants(home: Home, periods: list[date], tenants: list[str]) -> None:
    """UserError if a tenant that is to be reissued has no invoice in any of the months, or if the ledger is damaged."""
    if not tenants:
        return
    with ledger.open_rows(ledger.verified_seals(home), "invoices") as ledger_rows:
        rows = ledger_rows.execute("select distinct tenant_id from invoices where period in ?", [periods]).fetchall()
    unknown = sorted(set(tenants) - {tenant for (tenant,) in rows})
    if unknown:
        months = ", ".join(period_text(period) for period in periods)
        raise UserError(f"there is no issued invoice of {', '.join(unknown)} in {months} to reissue")


def seal_month(home: Home, run: Run) -> SealOutcome:
    """Appends one seal with the invoices that can be issued and are not; UserError if the month may not be sealed.

    A month that has not ended, and a run for drafts, seal nothing.
    """
    if run.is_draft:
        return SealOutcome("drafts only, as asked")
    if run.as_of < add_months(run.period, 1):
        return SealOutcome(f"the month has not ended by {run.as_of}: drafts only")
    tell("sealing")
    ledger.check_may_seal(home, run.period, home.config.timezone)
    with connect(home, read_only=True) as connection:
        seal = ledger.issue(home, connection, run.period, run.as_of, *_to_seal(run.period))
    reissued, waiting = _reissues(home, run) if run.force else ("", "")
    if seal is None:
        return SealOutcome("nothing new to seal" + waiting)
    with ledger.open_rows([seal], "invoices") as rows:
        count, total = rows.execute(
            "select count(*), coalesce(sum(total_cents), 0)::bigint from invoices where status = 'issued'"
        ).fetchone()
    note = "sealed" + reissued + waiting + _voided_for_nothing(seal)
    return SealOutcome(note, seal.seal_number, seal.audit_hash, count, total)


def _reissues(home: Home, run: Run) -> tuple[str, str]:
    """For a forced run's note: which tenants got another version, and which keep theirs because they are on hold."""
    with connect(home, read_only=True) as connection:
        rows = connection.execute(
            "select coalesce(expected.status = 'issued', false), "
            "reissues.tenant_id || coalesce(' (' || coalesce(expected.held_because, held.held_because) || ')', '') "
            "from control.reissues as reissues "
            "left join intermediate.int_expected_invoices as expected "
            "on reissues.tenant_id = expected.tenant_id and expected.period = ? "
            "left join intermediate.int_held_tenants as held on reissues.tenant_id = held.tenant_id "
            "where coalesce(expected.tenant_id, held.tenant_id) is not null order by 2",
            [run.period],
        ).fetchall()
    told = {is_issued: [text for of, text in rows if of is is_issued] for is_issued in (True, False)}
    return _listed("reissued", told[True]), _listed("not reissued", told[False])


def _voided_for_nothing(seal: Seal) -> str:
    """For the note: invoices that a seal voids for tenants that it issues none; what was paid for them is due back."""
    with ledger.open_rows([seal], "invoices") as rows:
        voided = rows.execute(
            "select invoice_id, currency, total_cents from invoices where status = 'void' "
            "and tenant_id not in (select tenant_id from invoices where status = 'issued') order by invoice_id"
        ).fetchall()
    names = [f"{invoice_id} ({money(cents)} {currency})" for invoice_id, currency, cents in voided]
    return _listed("voided without a replacement", names, "invoices")


def _listed(what: str, names: list[str], noun: str = "tenants") -> str:
    if not names:
        return ""
    return f"; {what}: {', '.join(names) if len(names) <= 20 else f'{len(names)} {noun}'}"


def _to_seal(period: date) -> tuple[str, str, str, str, str]:
    """SELECTs of invoices, their lines, balances and allowances of their tenants, and the files underneath.

    A run that reissues lists the invoices that it replaces once more, as void; a tenant on hold keeps its own.
    """
    new = f"""
        select expected.* exclude (held_because, is_held)
        from intermediate.int_expected_invoices as expected
        where expected.period = date '{period}' and expected.status = 'issued'
            and (
                expected.tenant_id in (select tenant_id from control.reissues)
                or not exists (
                    select 1 from ledger.current_invoices as sealed
                    where sealed.tenant_id = expected.tenant_id and sealed.period = expected.period
                )
            )
    """
    replaced = f"""
        select sealed.* exclude (salt, seal_number) replace ('void' as status)
        from ledger.current_invoices as sealed
        inner join control.reissues as reissues
            on sealed.tenant_id = reissues.tenant_id
        left join intermediate.int_expected_invoices as expected
            on sealed.tenant_id = expected.tenant_id
            and sealed.period = expected.period
        where sealed.period = date '{period}'
            and (
                expected.status = 'issued'
                or expected.tenant_id is null
                and sealed.tenant_id not in (select tenant_id from intermediate.int_held_tenants)
            )
    """
    invoices = f"({new}) union all by name ({replaced})"
    lines = f"""
        select issued.invoice_id, lines.*
        from intermediate.int_expected_invoice_lines as lines
        inner join ({new}) as issued
            on lines.tenant_id = issued.tenant_id and lines.period = issued.period
    """

    def of_issued(table: str) -> str:
        return f"""
            select * from intermediate.{table}
            where period = date '{period}' and tenant_id in (select tenant_id from ({new}))
        """

    inputs = f"select distinct feed, period, file, sha256 from control.files where period <= date '{period}'"
    return (
        invoices,
        lines,
        of_issued("int_expected_top_up_balances"),
        of_issued("int_expected_usage_allowances"),
        inputs,
    )


def missing_inputs_message(home: Home, period: date) -> str | None:
    """What to tell the user if files are gone that a sealed month of the adjustment window rested on; else None."""
    earliest = add_months(period, -home.config.adjustment_months)
    present = {(c.feed, c.period, c.file) for c in ingest.file_counts(home)}
    seals = [seal for seal in ledger.read_seals(home) if seal.period >= earliest]
    with ledger.open_rows(seals, "inputs") as rows:
        sealed = rows.execute("select distinct feed, period, file from inputs").fetchall()
    missing = [key for key in sealed if key not in present]
    if not missing:
        return None
    files = [f"  landing/{feed}/period={period_text(month)}/{file}" for feed, month, file in sorted(missing)]
    return "\n".join(
        ["files are gone that sealed months rested on; put them back, or run with --accept-missing:", *files]
    )
