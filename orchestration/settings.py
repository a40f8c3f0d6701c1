"""Which home is meant, and Dagster's own settings for it."""

import os
from pathlib import Path

from python_assets.home import Home

# No pool guards correctness: after a kill its slot would stay taken. The home's lock does.
_DAGSTER_YAML = """\
# Written by Counterfoil.
concurrency:
  runs:
    max_concurrent_runs: 1
telemetry:
  enabled: false
"""


def home_folder(option: Path | None) -> Path:
    """The option, else COUNTERFOIL_HOME, else `./home`."""
    return Path(option or os.environ.get("COUNTERFOIL_HOME") or "home").absolute()


def prepare_dagster(home: Home) -> None:
    """Dagster's folder in the home with its settings, also in the environment for what Dagster starts."""
    home.dagster.mkdir(exist_ok=True)
    settings = home.dagster / "dagster.yaml"
    if not settings.exists() or settings.read_text() != _DAGSTER_YAML:
        settings.write_text(_DAGSTER_YAML)
    os.environ["DAGSTER_HOME"] = str(home.dagster)
    os.environ["COUNTERFOIL_HOME"] = str(home.root)
