"""All definitions of one home, for the UI and for the command line alike."""

import warnings

import dagster as dg

from orchestration.assets import build_assets
from orchestration.dbt_assets import build_dbt_assets
from orchestration.jobs import monthly_close, provider_jobs
from orchestration.partitions import monthly_partitions
from orchestration.provider import build_provider_assets
from orchestration.resources import CloseSettings, locked_home, no_stored_values, unlocked_home
from orchestration.schedules import schedules
from orchestration.sensors import landing_sensor
from python_assets.home import Home
from python_assets.warehouse.passes import Dbt

# Every asset is one run a month; that this is said by a parameter in beta is no news for users.
warnings.filterwarnings("ignore", message="Parameter `backfill_policy`", category=dg.BetaWarning)


def build_definitions(home: Home) -> dg.Definitions:
    """Parses dbt's project, which takes some seconds; everything else is cheap."""
    dbt = Dbt(home)
    partitions = monthly_partitions(home)
    return dg.Definitions(
        assets=[*build_assets(home, dbt, partitions), *build_dbt_assets(dbt, partitions), *build_provider_assets()],
        jobs=[monthly_close(), *provider_jobs()],
        schedules=schedules(home),
        sensors=[landing_sensor(home)],
        resources={
            "home": locked_home(home),
            "unlocked_home": unlocked_home(home),
            "close": CloseSettings(),
            "io_manager": no_stored_values(),
        },
        # Steps share the warehouse file and the parsed project: one process, one after the other.
        executor=dg.in_process_executor,
    )
