"""Groups of assets in the order of the flow, and whose they are. The UI sorts groups by name, hence the numbers."""

FETCH = "1_fetch"
INGEST = "2_ingest"
RUN_INPUTS = "3_run_inputs"
REFERENCE = "4_reference"
STAGING = "5_staging"
EXPECTED = "6_expected"
LEDGER = "7_ledger"
BOOKS = "8_books"
PUBLISH = "9_publish"

DATA_TEAM = ["team:data"]
FINANCE_TEAM = ["team:finance"]

OWNERS = {
    FETCH: DATA_TEAM,
    INGEST: DATA_TEAM,
    RUN_INPUTS: DATA_TEAM,
    REFERENCE: FINANCE_TEAM,
    STAGING: DATA_TEAM,
    EXPECTED: DATA_TEAM,
    LEDGER: FINANCE_TEAM,
    BOOKS: FINANCE_TEAM,
    PUBLISH: FINANCE_TEAM,
}
