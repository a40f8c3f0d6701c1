"""Landings made up at random: many small tenants, each a story of its own, over a shared catalog.

A story is a function of the world's seed and its number alone. Rows are gathered per delivery and file, then written in
an order that depends on the seed. What arrives after its month was closed (`late`) waits for adjustments (R15).
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from support.opinion.days import local_day
from support.opinion.landing import File
from support.opinion.values import days_of, month_number, month_of

# kind -> the unit that it usually has, and about how much of it is used
KINDS = {
    "hours": ("hour", 40),
    "gb.stored": ("gb", 60),
    "Requests": ("request", 900),
    "seats": ("each", 7),
    "tokens": ("1k_tokens", 40000),
    "batch_tokens": ("1m_tokens", 30000000),
}
# charges that are half a cent, or become or miss it in the 18th decimal
CLOSE_CALLS = (
    "0.005",
    "0.004999999999999999",
    "0.0049999999999999994",
    "0.0049999999999999995",
    "0.0150000000000000000001",
    "1e-3",
    "0.63951734789458680818",
)
STATES = ("trial", "active", "past_due", "paused", "suspended", "cancelled", "archived")
LEGAL = {
    "": ("trial", "active"),
    "trial": ("active", "cancelled"),
    "active": ("past_due", "paused", "suspended", "cancelled"),
    "past_due": ("active", "suspended", "cancelled"),
    "paused": ("active", "cancelled"),
    "suspended": ("active", "cancelled"),
    "cancelled": ("archived",),
    "archived": (),
}


@dataclass
class Landing:
    """Rows by (feed, delivery, file)."""

    rows: dict[tuple[str, str, str], list[dict[str, str]]] = field(default_factory=lambda: defaultdict(list))

    def add(self, feed: str, period: str, file: str, **row: Any) -> None:
        texts = {name: "" if value is None else str(value) for name, value in row.items()}
        self.rows[feed, period, file].append(texts)

    def table(self, period: str, table: str, **row: Any) -> None:
        self.add("control_plane", period, f"{table}.csv", **row)

    def files(self, through: str | None = None) -> list[File]:
        return [
            File(feed, period, name, tuple(rows))
            for (feed, period, name), rows in sorted(self.rows.items())
            if through is None or period <= through
        ]


class Luck:
    """Values that tend to lie where rules change: edges of days and months, zeros, many decimals."""

    def __init__(self, random: Random, zone: str):
        self.random, self.zone = random, ZoneInfo(zone)
        self.choice, self.int = random.choice, random.randint

    def once_in(self, times: int) -> bool:
        return self.random.randrange(times) == 0

    def some(self, most: int) -> range:
        return range(self.int(0, most))

    def shuffled(self, things: Iterable) -> list:
        things = list(things)
        self.random.shuffle(things)
        return things

    def decimal(self, most: float, decimals: int) -> str:
        """A number from 0 to about `most`, with up to so many decimals, at times in an unusual form."""
        digits = self.choice((0, 1, decimals, decimals))
        whole, fraction = self.int(0, max(1, int(most))), self.int(0, 10**digits - 1)
        if self.once_in(12):
            fraction = 5 * 10 ** (digits - 1) if digits else 0
        text = f"{whole}.{fraction:0{digits}}" if digits else str(whole)
        if self.once_in(15):
            return self.choice((f"+{text}", f"{text}e0", f"0{text}", f"{text}{'' if digits else '.'}0000000000"))
        return text

    def days(self, month: str, before: int = 0, after: int = 0) -> date:
        """A day of a month or of those around it; often the first or the last."""
        days = days_of(month_of(month_number(month) + self.int(-before, after)))
        return self.choice((days[0], days[-1], *[self.choice(days) for _ in range(4)]))

    def moment(self, on: date) -> str:
        """A timestamp on a day of the billing zone, often at its edge, in one of the forms that may be delivered."""
        if self.once_in(3):
            local = datetime.combine(on, time(), self.zone)
            shift = self.choice((0, 0, 1, -1, 1000000, -1000000, 3600000000))
            at = local.astimezone(UTC) + timedelta(microseconds=shift)
        else:
            local = datetime.combine(on, time(self.int(0, 23), self.int(0, 59), self.int(0, 59)), self.zone)
            at = local.astimezone(UTC)
        return self.written(at)

    def written(self, at: datetime) -> str:
        if at.time() == time() and self.once_in(2):
            return at.date().isoformat()
        form = self.int(0, 4)
        if form == 0:
            return at.replace(tzinfo=None).isoformat(sep=" ")
        if form == 1:
            return at.astimezone(self.zone).isoformat()
        if form == 2:
            return at.astimezone(timezone(timedelta(hours=-3, minutes=-30))).isoformat()
        if form == 3 and at.microsecond:
            return at.replace(tzinfo=None).isoformat() + "987Z"
        return at.replace(tzinfo=None).isoformat() + "Z"


@dataclass
class Setting:
    """A world's frame: months to close, time zone, window of duplicates, as-of date.

    `rounds`: the months (first, last, counted from 0) that each run closes, when what is delivered up to its last month
    is there; all in one run unless told. `moves`: deployments change their tenant. `late`: what is used may be
    delivered after its month.
    """

    seed: str
    zone: str
    months: list[str]
    window: int = 3
    as_of: str = ""
    rounds: tuple[tuple[int, int], ...] = ()
    moves: bool = True
    late: bool = False

    @property
    def runs(self) -> list[list[str]]:
        """The months of each run."""
        return [self.months[first : last + 1] for first, last in self.rounds or ((0, len(self.months) - 1),)]

    @property
    def closed(self) -> list[str]:
        return sorted({month for months in self.runs for month in months})

    @property
    def history(self) -> list[str]:
        """Deliveries from five months before the first one that is closed."""
        first = month_number(self.months[0])
        return [month_of(number) for number in range(first - 5, first)]


def landing_of(setting: Setting, tenants: int, only: set[int] | None = None) -> Landing:
    """A landing of many tenants, or of those alone whose numbers are given."""
    landing = Landing()
    catalog = Catalog(setting, landing)
    for number in range(tenants):
        if only is None or number in only:
            Story(setting, landing, catalog, number, tenants).tell()
    luck = Luck(Random(f"{setting.seed}/order"), setting.zone)
    for rows in landing.rows.values():
        luck.random.shuffle(rows)
    return landing


class Catalog:
    """Plan versions with items and addons; some delivered late, some again with other content (R5)."""

    def __init__(self, setting: Setting, landing: Landing, size: int = 24):
        self.luck = Luck(Random(f"{setting.seed}/catalog"), setting.zone)
        self.setting, self.landing = setting, landing
        self.versions = [f"plan-{number}" for number in range(size)]
        self.kinds: dict[str, list[str]] = {}
        self.currencies = {version: "USD" if number % 8 == 7 else "AUD" for number, version in enumerate(self.versions)}
        for number, version in enumerate(self.versions):
            first = setting.months[0] if number % 6 else self.luck.choice(setting.months)
            self.version(first, version, number)
            if self.luck.once_in(5):
                self.version(self.luck.choice([month for month in setting.months if month >= first]), version, number)

    def version(self, delivery: str, version: str, number: int) -> None:
        luck = self.luck
        if not any(row["plan_version_id"] == version for row in self.rows(delivery, "plan_versions")):
            self.landing.table(
                delivery,
                "plan_versions",
                plan_version_id=version,
                plan_code=f"code-{number // 2}",
                version=number % 2 + 1,
                base_price_cents=luck.choice((0, 1, 5000, 999999937, luck.int(1, 99999), luck.int(1, 99999))),
                currency=luck.choice(("", "AUD")) if self.currencies[version] == "AUD" else "USD",
                minimum_cents=luck.choice(("", "", 0, luck.int(1, 30000), luck.int(1, 3000))),
            )
            for kind in luck.shuffled(KINDS)[: luck.int(0 if luck.once_in(4) else 2, 5)]:
                self.kinds.setdefault(version, []).append(kind)
                self.item(delivery, version, kind)

    def rows(self, delivery: str, table: str) -> list[dict[str, str]]:
        return self.landing.rows["control_plane", delivery, f"{table}.csv"]

    def item(self, delivery: str, version: str, kind: str) -> None:
        luck = self.luck
        unit, usual = KINDS[kind]
        self.landing.table(
            delivery,
            "plan_items",
            plan_version_id=version,
            resource_kind=kind,
            included_qty=luck.choice(("", 0, usual, luck.decimal(usual, 9), luck.decimal(usual * 3, 9))),
            overage_price_cents=luck.choice((0, 1, luck.decimal(3, 6), luck.decimal(300, 6), "0.5")),
            overage_unit=luck.choice(("each", "1k_tokens", "1m_tokens")) if luck.once_in(8) else unit,
            hard_cap_qty=luck.choice(("", "", "", 0, luck.decimal(usual, 9))),
            charge_model=luck.choice(("", "per_unit")),
        )


class Story:
    """One tenant: its data, deployments, and all that happens to them."""

    def __init__(self, setting: Setting, landing: Landing, catalog: Catalog, number: int, tenants: int):
        self.setting, self.landing, self.catalog, self.number = setting, landing, catalog, number
        self.luck = Luck(Random(f"{setting.seed}/tenant/{number}"), setting.zone)
        self.plan = ""
        self.months = setting.months
        self.tenant = tenant_id(number)
        self.neighbour = tenant_id((number + 1) % tenants) if setting.moves else self.tenant

    def tell(self) -> None:
        self.describe_tenant()
        for place in range(1 + self.luck.once_in(4)):
            self.deployment = f"{self.luck.choice('dDz_'[:3])}-{self.number}.{place}"
            self.describe_deployment()
            self.change_states()
            self.subscribe()
            self.buy_lots()
            self.use()
        self.charge()

    def delivery(self, earliest: str | None = None) -> str:
        """Mostly the first month."""
        months = [month for month in self.months if earliest is None or month >= earliest]
        return months[0] if self.luck.int(0, 5) else self.luck.choice(months)

    def describe_tenant(self) -> None:
        luck, currency = self.luck, "USD" if self.luck.once_in(8) else self.luck.choice(("", "AUD"))
        self.currency = currency or "AUD"
        region = luck.choice(("", "AU", "AU", "NONE"))
        first = luck.choice(self.months) if luck.once_in(20) else self.months[0]
        self.landing.table(first, "tenants", tenant_id=self.tenant, name="T", currency=currency, tax_region=region)
        if luck.once_in(6) and first < self.months[-1]:
            self.landing.table(
                luck.choice([month for month in self.months if month > first]),
                "tenants",
                tenant_id=self.tenant,
                name="T",
                currency=luck.choice((currency, currency, "USD")),
                tax_region=luck.choice(("AU", "NONE")),
            )

    def describe_deployment(self) -> None:
        """Now and then of a tenant that is not known, or not yet; it may move to the neighbour."""
        luck, first = self.luck, self.delivery()
        held = luck.once_in(14)
        self.deploy(first, f"nobody-{self.number}" if luck.once_in(40) else self.tenant, held)
        for month in self.months:
            if month > first and (luck.once_in(14) or (held and luck.once_in(2))):
                self.deploy(month, self.neighbour if luck.once_in(2) else self.tenant, luck.once_in(8))

    def deploy(self, delivery: str, tenant: str, held: bool) -> None:
        self.landing.table(
            delivery,
            "deployments",
            deployment_id=self.deployment,
            tenant_id=tenant,
            billing_action_suspended=self.luck.choice(("true", "T", "1")) if held else self.luck.choice(("", "f")),
        )

    def kind(self) -> str:
        """Mostly a kind that the plan has an item for, and among these mostly the first."""
        priced = self.catalog.kinds.get(self.plan)
        if not priced or self.luck.once_in(6):
            return self.luck.choice(list(KINDS))
        return self.luck.choice((priced[0], *priced))

    def change_states(self) -> None:
        luck = self.luck
        if luck.once_in(2):
            return
        legal, state = luck.int(0, 2), luck.choice(("", "", "trial", "active"))
        days = sorted(luck.days(self.months[0], 1, len(self.months) - 1) for _ in range(luck.int(1, 6)))
        at = ""
        for number, on in enumerate(days):
            to_state = luck.choice((LEGAL[state] if legal else ()) or STATES)
            if "active" in LEGAL[state] and luck.once_in(2):
                to_state = "active"
            at = at if at and luck.once_in(5) else luck.moment(on)
            said = state if legal or luck.once_in(2) else luck.choice(("", *STATES))
            self.state_event(f"{luck.choice('abZ')}{number}-{self.deployment}", said, to_state, at, on)
            state = to_state

    def state_event(self, event_id: str, from_state: str, to_state: str, at: str, on: date) -> None:
        luck, month = self.luck, f"{on:%Y-%m}"
        delivery = max(month, self.months[0])
        if luck.once_in(6):
            delivery = luck.choice(self.months)
        row = {"event_id": event_id, "deployment_id": self.deployment, "from_state": from_state, "occurred_at": at}
        self.landing.table(delivery, "deployment_events", **row, to_state=to_state)
        if luck.once_in(12) and delivery < self.months[-1]:
            again = luck.choice([later for later in self.months if later > delivery])
            self.landing.table(again, "deployment_events", **row, to_state=luck.choice((to_state, *STATES)))

    def subscribe(self) -> None:
        luck, first = self.luck, self.months[0]
        self.subscriptions: list[str] = []
        shape = luck.int(0, 9 if luck.once_in(3) else 8)
        change = luck.days(first, 0, len(self.months) - 1)
        end = luck.days(first, 0, len(self.months))
        long_ago = date(int(first[:4]) - 1, 1, 31)
        if shape <= 2:
            self.row("s", long_ago if shape else change, None)
        elif shape == 3:
            self.row("s", change, end)
        elif shape == 4:  # a plan change, or a renewal, under one id
            self.row("s", long_ago, change)
            self.row("s", change, None, same=luck.once_in(2))
        elif shape == 5:  # under two ids
            self.row("s", long_ago, change)
            self.row("S", change, luck.choice((None, end)), same=luck.once_in(2))
        elif shape == 6:  # overlaps
            for name in luck.shuffled(("s", "S", "t"))[: luck.int(2, 3)]:
                self.row(name, luck.choice((long_ago, change, luck.days(first, 1, 2))), luck.choice((None, end)))
        elif shape == 7:  # there and back
            self.row("s", long_ago, change)
            self.row("t", change, change + timedelta(days=luck.int(0, 9)))
            self.row("s", change + timedelta(days=luck.int(0, 12)), None, same=True)
        elif shape == 8:  # corrected by a later delivery
            self.row("s", long_ago, None, delivery=first)
            self.row("s", long_ago, change, same=luck.once_in(2), delivery=luck.choice(self.months))

    def row(self, name: str, starts_on: date, ends_on: date | None, same: bool = False, delivery: str = "") -> None:
        luck, subscription = self.luck, f"{name}-{self.deployment}"
        if not (same and self.subscriptions):
            self.plan = "no-such-plan" if luck.once_in(20) else luck.choice(self.catalog.versions)
            if self.catalog.currencies.get(self.plan) != self.currency and luck.int(0, 3):
                self.plan = luck.choice(self.catalog.versions)
        delivery = delivery or self.delivery()
        table = self.landing.rows["control_plane", delivery, "subscriptions.csv"]
        self.landing.table(
            delivery,
            "subscriptions",
            subscription_id=subscription,
            deployment_id=self.deployment,
            plan_version_id=self.plan,
            starts_on=starts_on,
            ends_on=ends_on,
        )
        for _ in luck.some(1 + 2 * luck.once_in(4)):
            self.attach(subscription)
        self.subscriptions.append(subscription)
        if luck.once_in(15):  # the same key again: the row that comes first stays
            table.append({**table[-1], "ends_on": str(luck.days(self.months[0]))})

    def attach(self, subscription: str) -> None:
        luck, kind = self.luck, self.kind()
        number = len(self.landing.rows["control_plane", self.months[0], "subscription_addons.csv"])
        row = {
            "subscription_addon_id": f"{luck.choice('aA')}{number}.{len(self.subscriptions)}-{subscription}",
            "subscription_id": subscription,
            "addon_code": f"more-{kind}",
            "resource_kind": kind,
            "qty": luck.choice((0, 10, luck.decimal(KINDS[kind][1], 9))),
            "price_cents": luck.choice((0, 750, luck.int(1, 9999))),
            "attached_on": luck.days(self.months[0], 2, len(self.months) - 1),
        }
        detached_on = luck.choice(("", "", luck.days(self.months[0], 1, len(self.months) - 1)))
        first = self.months[0] if luck.int(0, 4) else self.delivery()
        self.landing.table(first, "subscription_addons", **row, detached_on=detached_on)
        if luck.once_in(8) and first < self.months[-1]:
            row["qty"] = luck.choice((row["qty"], 11))
            ends = luck.days(self.months[-1])
            self.landing.table(self.months[-1], "subscription_addons", **row, detached_on=ends)

    def buy_lots(self) -> None:
        luck = self.luck
        for number in luck.some(5 if luck.once_in(2) else 0):
            kind = self.kind()
            bought = luck.days(self.months[0], 1, len(self.months) - 1)
            expires = luck.choice(("", luck.days(self.months[0], 0, 3), bought + timedelta(days=luck.int(0, 45))))
            month = max(f"{bought:%Y-%m}", self.months[0])
            delivery = luck.choice(self.months) if luck.once_in(8) else month
            row = {
                "top_up_id": f"{luck.choice('lL')}{number}-{self.deployment}",
                "deployment_id": self.deployment,
                "resource_kind": kind,
                "price_cents": luck.choice((0, 1000, luck.int(1, 9999))),
                "purchased_at": luck.moment(bought),
                "expires_on": expires,
            }
            self.landing.table(delivery, "top_ups", **row, qty=luck.decimal(KINDS[kind][1], 9))
            if luck.once_in(8) and delivery < self.months[-1]:
                self.landing.table(self.months[-1], "top_ups", **row, qty=luck.decimal(KINDS[kind][1], 9))

    def use(self) -> None:
        luck, kinds = self.luck, [self.kind() for _ in range(3)]
        for month in [*self.setting.history[-1:], *self.months]:
            for number in luck.some(10):
                kind = luck.choice(kinds)
                self.event(f"e{number}-{month}-{self.deployment}", month, kind, luck.days(month))
        for number in luck.some(2):
            self.repeat_across(f"x{number}-{self.deployment}", luck.choice(kinds))
        if luck.once_in(10):
            for number in range(2):
                event = f"u{number}-{self.deployment}"
                self.event(event, self.months[0], kinds[0], luck.days(self.months[0]), deployment=f"no-{event}")

    def event(self, event_id: str, month: str, kind: str, on: date, **changed: str) -> None:
        """An event of a month's day, delivered with it or before it; now and then twice."""
        luck = self.luck
        row = self.event_row(event_id, kind, on) | {
            "deployment_id": changed.get("deployment", self.deployment),
        }
        delivery = self.in_time(row["measured_at"])
        self.deliver_event(delivery, row)
        while luck.once_in(7):
            other = self.event_row(event_id, luck.choice((kind, kind, luck.choice(list(KINDS)))), on)
            again = luck.choice((row, {**row, "quantity": other["quantity"]}, other))
            self.deliver_event(luck.choice((self.in_time(again["measured_at"]), self.soon_after(delivery))), again)

    def in_time(self, at: str) -> str:
        """A delivery that is not late for a timestamp: its month, or one before."""
        luck = self.luck
        if self.setting.late and luck.once_in(6):
            return luck.choice(self.months)
        month = f"{local_day(at, luck.zone):%Y-%m}"
        return month_of(month_number(month) - luck.once_in(10))

    def soon_after(self, delivery: str) -> str:
        """A later delivery, within the window in which an id counts once."""
        later = month_of(month_number(delivery) + self.luck.int(0, self.setting.window))
        return max(delivery, min(later, self.months[-1]))

    def event_row(self, event_id: str, kind: str, on: date) -> dict[str, Any]:
        luck = self.luck
        return {
            "event_id": event_id,
            "deployment_id": self.deployment,
            "resource_kind": kind,
            "quantity": luck.decimal(
                10**13 if luck.once_in(150) else KINDS[kind][1] * luck.choice((0.02, 0.4, 1, 2)), 9
            ),
            "measured_at": luck.moment(on),
            "billable": luck.choice(("false", "0")) if luck.once_in(9) else luck.choice(("", "", "true", "T")),
            "capability": luck.choice(("", "chat", "search")),
        }

    def deliver_event(self, delivery: str, row: dict[str, Any]) -> None:
        """Now and then with a row of the same id that is not valid, and so is no duplicate either."""
        if self.luck.once_in(20):
            bad = self.luck.choice(
                (
                    {"quantity": self.luck.choice(("-1", "1.0000000001", "x", "", "1e", "1,5", "1234567890123456"))},
                    {"measured_at": self.luck.choice(("2024-02-30T00:00:00Z", "yesterday", "2024-01-01T24:00:00Z"))},
                    {"billable": "maybe"},
                    {"resource_kind": ""},
                )
            )
            self.file_event(delivery, row | bad)
        self.file_event(delivery, row)

    def file_event(self, delivery: str, row: dict[str, Any]) -> None:
        self.landing.add("metering", delivery, self.luck.choice(("a.csv", "B.csv", "a-2.csv")), **row)

    def repeat_across(self, event_id: str, kind: str) -> None:
        """One id in deliveries some months apart, each with a day of its own delivery (R6)."""
        deliveries = self.luck.shuffled([*self.setting.history, *self.months])[: self.luck.int(2, 3)]
        for delivery in deliveries:
            on = self.luck.choice(days_of(delivery)[2:])
            self.deliver_event(delivery, self.event_row(event_id, kind, on))

    def charge(self) -> None:
        luck = self.luck
        for month in self.months if luck.once_in(2) else ():
            for number in luck.some(5):
                request = f"r{number}-{month}-{self.tenant}"
                self.request(month, request, luck.days(month))
                while luck.once_in(6):
                    self.request(luck.choice([later for later in self.months if later >= month]), request, None)

    def request(self, delivery: str, request_id: str, on: date | None) -> None:
        luck = self.luck
        other = luck.once_in(8)
        deployment = f"d-{(self.number + 1)}.0" if other else luck.choice((self.deployment, f"gone-{self.number}"))
        row = {
            "gateway_request_id": request_id,
            "tenant_id": f"ghost-{self.number}" if luck.once_in(25) else self.tenant,
            "deployment_id": deployment,
            "charge": luck.choice(("", "", "", "-")) + luck.choice((luck.decimal(2, 18), luck.choice(CLOSE_CALLS))),
            "currency": luck.choice(("", "", "", self.currency, "EUR")),
            "occurred_at": luck.moment(on or luck.choice(days_of(delivery)[2:-2])),
        }
        row["charge"] = row["charge"].replace("-+", "-")
        self.landing.add("llm_usage", self.in_time(row["occurred_at"]), luck.choice(("1.csv", "0.csv")), **row)


def tenant_id(number: int) -> str:
    return f"{'tTu'[number % 3]}-{number}"


def payments_for(setting: Setting, totals: dict[tuple[str, str], int]) -> File:
    """Payments of some invoices by (tenant, month): in full, in parts, a cent short, too late."""
    luck = Luck(Random(f"{setting.seed}/payments"), setting.zone)
    rows = []
    for (tenant, month), total in sorted(totals.items()):
        part = luck.int(0, max(total, 0))
        for amount in luck.choice(((), (total,), (total - 1,), (part, total - part), (total + 1, -1), (-total,))):
            on = date.fromisoformat(setting.as_of) + timedelta(days=luck.choice((-9, -1, 0, 0, 0, 1)))
            number = {"payment_id": f"p{len(rows)}", "invoice_id": f"INV-{month}-{tenant}-1"}
            rows.append(number | {"amount_cents": str(amount), "paid_at": luck.moment(on)})
    return File("control_plane", setting.months[-1], "payments.csv", tuple(rows))
