"""Which home is meant, and Dagster's own settings for it."""

import json
import os
from pathlib import Path

from python_assets.errors import NoHome
from python_assets.home import WHICH_HOME, Home

# No pool guards correctness: after a kill its slot would stay taken. The home's lock does.
_DAGSTER_YAML = """\
# Written by Counterfoil.
concurrency:
  runs:
    max_concurrent_runs: 1
freshness:
  enabled: true
telemetry:
  enabled: false
nux:
  enabled: false
event_log_storage:
  module: orchestration.event_log
  class: EventLog
  config:
    base_dir: {base_dir}
"""


def home_folder(option: Path | None) -> Path:
    """The option, else COUNTERFOIL_HOME, else `./home`; NoHome in `/`, whose `home` is the machine's."""
    if named := option or os.environ.get("COUNTERFOIL_HOME"):
        return Path(named).absolute()
    here = Path.cwd()
    if here == here.parent:
        raise NoHome(f"{here} is not searched for a home; {WHICH_HOME}")
    return here / "home"


def prepare_dagster(home: Home) -> None:
    """Dagster's folder in the home with its settings, also in the environment for what Dagster starts."""
    home.dagster.mkdir(exist_ok=True)
    settings = home.dagster / "dagster.yaml"
    text = _DAGSTER_YAML.format(base_dir=json.dumps(str(home.dagster / "history" / "runs")))
    if not settings.exists() or settings.read_text() != text:
        settings.write_text(text)
    os.environ["DAGSTER_HOME"] = str(home.dagster)
    os.environ["COUNTERFOIL_HOME"] = str(home.root)
