"""What `dagster` loads: the definitions of the home that COUNTERFOIL_HOME names (else `./home`)."""

from orchestration.build import build_definitions
from orchestration.settings import home_folder
from python_assets.home import Home

defs = build_definitions(Home.open(home_folder(None)))
