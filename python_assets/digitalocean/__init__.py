"""The provider's API to landing: balance snapshots and issued invoices, as they came. Knows nothing of Dagster."""

from python_assets.digitalocean.balance import FetchedBalance, fetch_balance
from python_assets.digitalocean.client import Provider
from python_assets.digitalocean.invoices import FetchedInvoice, FetchedInvoices, fetch_invoices

__all__ = ["FetchedBalance", "FetchedInvoice", "FetchedInvoices", "Provider", "fetch_balance", "fetch_invoices"]
