"""What may lie in landing: every feed, table and column of the contract's section "Landing", once, as data.

No reading and no SQL here. What a kind means stands in `values.py`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A column of a table. `enum` names the reference data that lists its values, as `seed.column`."""

    name: str
    kind: str
    required: bool = False
    default: str | None = None
    enum: str | None = None


@dataclass(frozen=True)
class Table:
    """A table of a feed. `key` tells rows of one delivery apart; `stem` is the file name that means this table."""

    name: str
    feed: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    stem: str | None = None

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.required)

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


def _must(name: str, kind: str, **more: str) -> Column:
    return Column(name, kind, required=True, **more)


def _may(name: str, kind: str, default: str | None = None, enum: str | None = None) -> Column:
    return Column(name, kind, default=default, enum=enum)


def _stems(feed: str, tables: dict[str, tuple[tuple[str, ...], tuple[Column, ...]]]) -> list[Table]:
    return [Table(f"{feed}__{stem}", feed, columns, key, stem) for stem, (key, columns) in tables.items()]


_CONTROL_PLANE = _stems(
    "control_plane",
    {
        "tenants": (
            ("tenant_id",),
            (
                _must("tenant_id", "id"),
                _must("name", "text"),
                _may("currency", "currency", "AUD"),
                _may("tax_region", "text", "AU", "ref_tax_rates.tax_region"),
                _may("abn", "text"),
                _may("email", "text"),
            ),
        ),
        "deployments": (
            ("deployment_id",),
            (
                _must("deployment_id", "id"),
                _must("tenant_id", "id"),
                _may("slug", "text"),
                _may("display_name", "text"),
                _may("region", "text"),
                _may("llm_mode", "text"),
                _may("billing_action_suspended", "boolean", "false"),
            ),
        ),
        "deployment_events": (
            ("event_id",),
            (
                _must("event_id", "id"),
                _must("deployment_id", "id"),
                _may("from_state", "text", enum="ref_states.state"),
                _must("to_state", "text", enum="ref_states.state"),
                _must("occurred_at", "timestamp"),
                _may("actor", "text"),
            ),
        ),
        "plans": (("plan_code",), (_must("plan_code", "text"), _must("name", "text"))),
        "plan_versions": (
            ("plan_version_id",),
            (
                _must("plan_version_id", "id"),
                _must("plan_code", "text"),
                _must("version", "integer"),
                _must("base_price_cents", "cents"),
                _may("currency", "currency", "AUD"),
                _may("minimum_cents", "cents"),
            ),
        ),
        "plan_items": (
            ("plan_version_id", "resource_kind"),
            (
                _must("plan_version_id", "id"),
                _must("resource_kind", "text"),
                _may("included_qty", "quantity", "0"),
                _may("overage_price_cents", "unit_price"),
                _must("overage_unit", "text", enum="ref_units.unit"),
                _may("hard_cap_qty", "quantity"),
                _may("charge_model", "text", "per_unit", "ref_charge_models.charge_model"),
                _may("package_size", "quantity"),
            ),
        ),
        # No key here: two tiers with one end make their item unusable (R9), so dbt must see both.
        "plan_item_tiers": (
            (),
            (
                _must("plan_version_id", "id"),
                _must("resource_kind", "text"),
                _may("up_to", "quantity"),
                _must("unit_price_cents", "unit_price"),
                _may("flat_fee_cents", "cents", "0"),
            ),
        ),
        "addons": (
            ("addon_code",),
            (
                _must("addon_code", "text"),
                _must("name", "text"),
                _must("resource_kind", "text"),
                _must("qty", "quantity"),
                _must("price_cents", "cents"),
            ),
        ),
        "subscriptions": (
            ("subscription_id", "starts_on"),
            (
                _must("subscription_id", "id"),
                _must("deployment_id", "id"),
                _must("plan_version_id", "id"),
                _must("starts_on", "date"),
                _may("ends_on", "date"),
            ),
        ),
        "subscription_addons": (
            ("subscription_addon_id",),
            (
                _must("subscription_addon_id", "id"),
                _must("subscription_id", "id"),
                _must("addon_code", "text"),
                _must("resource_kind", "text"),
                _must("qty", "quantity"),
                _must("price_cents", "cents"),
                _must("attached_on", "date"),
                _may("detached_on", "date"),
            ),
        ),
        "top_ups": (
            ("top_up_id",),
            (
                _must("top_up_id", "id"),
                _must("deployment_id", "id"),
                _must("resource_kind", "text"),
                _must("qty", "quantity"),
                _must("price_cents", "cents"),
                _must("purchased_at", "timestamp"),
                _may("expires_on", "date"),
            ),
        ),
        "cloud_resources": (
            ("resource_id",),
            (_must("resource_id", "id"), _may("deployment_id", "id"), _must("kind", "text"), _must("name", "text")),
        ),
        "fx_rates": (
            ("month", "from_currency", "to_currency"),
            (
                _must("month", "month"),
                _must("from_currency", "currency"),
                _must("to_currency", "currency"),
                _must("rate", "rate"),
            ),
        ),
        "payments": (
            ("payment_id",),
            (
                _must("payment_id", "id"),
                _must("invoice_id", "id"),
                _must("amount_cents", "signed_cents"),
                _must("paid_at", "timestamp"),
            ),
        ),
    },
)

_USAGE = [
    Table(
        "metering",
        "metering",
        (
            _must("event_id", "id"),
            _must("deployment_id", "id"),
            _must("resource_kind", "text"),
            _must("quantity", "quantity"),
            _must("measured_at", "timestamp"),
            _may("resource_name", "text"),
            _may("capability", "text"),
            _may("billable", "boolean", "true"),
        ),
    ),
    Table(
        "llm_usage",
        "llm_usage",
        (
            _must("gateway_request_id", "id"),
            _must("tenant_id", "id"),
            _must("deployment_id", "id"),
            _must("charge", "charge"),
            _may("currency", "currency"),
            _must("occurred_at", "timestamp"),
            _may("model", "text"),
            _may("input_tokens", "count"),
            _may("output_tokens", "count"),
        ),
    ),
]

_DIGITALOCEAN = [
    Table(
        "digitalocean_invoices",
        "digitalocean_invoices",
        (
            _must("invoice_uuid", "id"),
            _must("product", "text"),
            _may("group_description", "text"),
            _must("description", "text"),
            _may("hours", "quantity"),
            _must("start", "timestamp"),
            _must("end", "timestamp"),
            _must("USD", "dollars"),
            _may("project_name", "text"),
            _may("category", "text"),
        ),
    ),
    Table(
        "digitalocean_summaries",
        "digitalocean_invoices",
        (
            _must("invoice_uuid", "id"),
            _may("billing_period", "month"),
            _must("amount", "dollars"),
            _may("taxes_amount", "dollars"),
            _may("credits_amount", "dollars"),
        ),
    ),
    Table(
        "digitalocean_items",
        "digitalocean_invoices",
        (
            _must("invoice_uuid", "id"),
            _must("item_number", "count"),
            _may("resource_uuid", "text"),
            _must("product", "text"),
            _may("group_description", "text"),
            _may("description", "text"),
            _must("amount", "dollars"),
            _may("duration", "quantity"),
            _may("duration_unit", "text"),
            _may("start_time", "timestamp"),
            _may("end_time", "timestamp"),
        ),
    ),
    Table(
        "digitalocean_balance",
        "digitalocean_balance",
        (
            _must("month_to_date_balance", "dollars"),
            _must("account_balance", "dollars"),
            _must("month_to_date_usage", "dollars"),
            _must("generated_at", "timestamp"),
        ),
    ),
]

_BILLED = [
    Table(
        "billed_invoices",
        "billed_invoices",
        (
            _must("tenant_id", "id"),
            _must("month", "month"),
            _must("subtotal_cents", "signed_cents"),
            _must("tax_cents", "signed_cents"),
            _must("total_cents", "signed_cents"),
        ),
        key=("tenant_id", "month"),
    ),
]

_CAMPAIGNS = _stems(
    "campaigns",
    {
        "bundles": (
            ("bundle_id",),
            (
                _must("bundle_id", "id"),
                _must("tenant_id", "id"),
                _may("name", "text"),
                _must("price_cents", "cents"),
                _may("status", "text", "active"),
                _must("starts_on", "date"),
                _may("ends_on", "date"),
            ),
        ),
        "campaigns": (
            ("campaign_id",),
            (
                _must("campaign_id", "id"),
                _must("tenant_id", "id"),
                _must("name", "text"),
                _must("pricing_model", "text", enum="ref_pricing_models.pricing_model"),
                _must("starts_on", "date"),
                _may("ends_on", "date"),
                _may("bundle_id", "id"),
                _may("bundle_share", "share"),
                _may("committed_seats", "quantity"),
                _may("seat_price_cents", "unit_price"),
                _may("credit_allocation", "quantity"),
                _may("credit_consumption_rate", "rate"),
                _may("credit_price_cents", "unit_price"),
                _may("outcome_price_cents", "unit_price"),
                _may("session_price_cents", "unit_price"),
                _may("custom_amount_cents", "cents"),
            ),
        ),
        "campaign_usage": (
            (),
            (
                _must("campaign_id", "id"),
                _must("event_type", "text", enum="ref_campaign_events.event_type"),
                _must("quantity", "quantity"),
                _must("occurred_at", "timestamp"),
                _may("deduplication_key", "text"),
                _may("metadata", "text"),
            ),
        ),
    },
)

_EXPORTS = [
    Table(
        "analytics_exports",
        "analytics_exports",
        (
            _must("export_id", "id"),
            _may("k", "count"),
            _may("quasi_identifiers", "names"),
            _must("column_names", "names"),
            _must("row_count", "count"),
            _may("smallest_group_size", "count"),
            _must("email_columns", "names"),
            _must("phone_columns", "names"),
            _must("ip_address_columns", "names"),
            _must("card_number_columns", "names"),
        ),
    ),
]

TABLES: dict[str, Table] = {
    table.name: table for table in [*_CONTROL_PLANE, *_USAGE, *_DIGITALOCEAN, *_BILLED, *_CAMPAIGNS, *_EXPORTS]
}
FEEDS: tuple[str, ...] = tuple(dict.fromkeys(table.feed for table in TABLES.values()))


def tables_of(feed: str) -> tuple[Table, ...]:
    """The tables of a feed, in the contract's order."""
    return tuple(table for table in TABLES.values() if table.feed == feed)


# Rows of these tables mean something only together with others (R9): the columns that say with which. Quarantine keeps
# them, so that a rule can tell which set lacks a row; null is what could not be read.
SET_COLUMNS: dict[str, tuple[str, ...]] = {
    "control_plane__plan_items": ("plan_version_id", "resource_kind"),
    "control_plane__plan_item_tiers": ("plan_version_id", "resource_kind"),
    "campaigns__campaigns": ("bundle_id", "campaign_id", "pricing_model"),
    "digitalocean_invoices": ("invoice_uuid",),
    "digitalocean_summaries": ("invoice_uuid",),
    "digitalocean_items": ("invoice_uuid",),
}
ALL_SET_COLUMNS: tuple[str, ...] = tuple(dict.fromkeys(name for names in SET_COLUMNS.values() for name in names))
