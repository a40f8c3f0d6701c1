"""The published payables and receivables to an accounting service over HTTP. Knows nothing of Dagster."""

from python_assets.finance.push import PushOutcome, push

__all__ = ["PushOutcome", "push"]
