"""The ledger: issued invoices, append-only, sealed and chained. The only state of the project.

`issue` writes; all else reads. A run reads by `verified_seals` and `open_rows`; `verify` is what an auditor runs,
`prove` and `check_proof` what a tenant needs.
"""

from python_assets.ledger.chain import (
    Seal,
    audit_hash_of,
    check_may_seal,
    check_seal_date,
    newest_period,
    read_seals,
    sealed_periods,
)
from python_assets.ledger.proof import ProofVerdict, check_proof, prove, prove_all
from python_assets.ledger.relations import insert_rows, open_rows
from python_assets.ledger.seal import InternalInconsistency, issue
from python_assets.ledger.tables import SEALS, TABLES
from python_assets.ledger.verify import Verdict, verified_seals, verify

__all__ = [
    "SEALS",
    "TABLES",
    "InternalInconsistency",
    "ProofVerdict",
    "Seal",
    "Verdict",
    "audit_hash_of",
    "check_may_seal",
    "check_proof",
    "check_seal_date",
    "insert_rows",
    "issue",
    "newest_period",
    "open_rows",
    "prove",
    "prove_all",
    "read_seals",
    "sealed_periods",
    "verified_seals",
    "verify",
]
