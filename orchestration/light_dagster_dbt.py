"""dagster-dbt without dbt, which it can do without (it is made for dbt Fusion too) and takes two seconds to import.

Only the first run of a version of the project has dbt parse and run anything (warehouse/recording.py); all others would
import it for nothing, with every command and every run that the UI starts.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def _without(module: str) -> Iterator[None]:
    """As if a module were not installed; one that is imported already stays."""
    if module in sys.modules:
        yield
        return
    sys.modules[module] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[module]


with _without("dbt.version"):
    from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings
    from dagster_dbt.asset_utils import get_asset_check_key_for_test

__all__ = ["DagsterDbtTranslator", "DagsterDbtTranslatorSettings", "get_asset_check_key_for_test"]
