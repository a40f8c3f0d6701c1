"""One tenant and all that happens to it."""

from datetime import date, timedelta
from random import Random
from typing import Any

from support.opinion.days import local_day
from support.opinion.values import days_of, month_number, month_of

from .campaigns import Campaigns
from .catalog import Catalog
from .corrections import VALUES, table_of
from .landing import Landing
from .luck import KINDS, Luck
from .setting import Setting

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


class Story:
    """One tenant: its data, deployments, and all that happens to them."""

    def __init__(self, setting: Setting, landing: Landing, catalog: Catalog, number: int, tenants: int):
        self.setting, self.landing, self.catalog, self.number = setting, landing, catalog, number
        self.luck = Luck(Random(f"{setting.seed}/tenant/{number}"), setting.zone)
        self.plan = ""
        self.months = setting.months
        self.tenant = tenant_id(number)
        self.neighbour = tenant_id((number + 1) % tenants)

    def tell(self) -> None:
        self.begin = len(self.landing.journal)
        self.describe_tenant()
        for place in range(1 + self.luck.once_in(4)):
            self.deployment = f"{self.luck.choice('dDz_'[:3])}-{self.number}.{place}"
            self.describe_deployment()
            self.change_states()
            self.subscribe()
            self.buy_lots()
            self.use()
        self.charge()
        if self.setting.campaigns:
            Campaigns(self.setting, self.landing, self.tenant, self.number).tell()

    def correct(self) -> None:
        """Rows of one's own that a corrected file has otherwise, and usage that it has besides."""
        luck = self.luck
        for (feed, delivery, file), row in self.landing.journal[self.begin :]:
            change = VALUES.get(table_of(feed, file))
            if change and delivery in self.months and luck.once_in(9):
                self.landing.correct(row, **change(luck, row, self.months))
        for number in luck.some(2):
            month = luck.choice(self.months)
            row = self.event_row(f"c{number}-{self.deployment}", self.kind(), luck.days(month))
            self.landing.amend(("metering", month, "a.csv"), **row)

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
