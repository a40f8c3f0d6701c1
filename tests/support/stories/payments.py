"""Payments, made once it is known what was invoiced."""

from datetime import date, timedelta
from random import Random

from support.opinion.landing import File

from .luck import Luck
from .setting import Setting


def payments_for(setting: Setting, totals: dict[tuple[str, str], int]) -> File:
    """Payments of some invoices by (tenant, month): in full, in parts, a cent short, too late.

    None of what has more digits than a payment may have.
    """
    luck = Luck(Random(f"{setting.seed}/payments"), setting.zone)
    rows = []
    for (tenant, month), total in sorted(totals.items()):
        if abs(total) >= 10**15 - 1:
            continue
        part = luck.int(0, max(total, 0))
        for amount in luck.choice(((), (total,), (total - 1,), (part, total - part), (total + 1, -1), (-total,))):
            on = date.fromisoformat(setting.as_of) + timedelta(days=luck.choice((-9, -1, 0, 0, 0, 1)))
            number = {"payment_id": f"p{len(rows)}", "invoice_id": f"INV-{month}-{tenant}-1"}
            rows.append(number | {"amount_cents": str(amount), "paid_at": luck.moment(on)})
    return File("control_plane", setting.months[-1], "payments.csv", tuple(rows))
