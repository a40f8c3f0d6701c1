"""The ledger: issued invoices, append-only, sealed and chained. The only state of the project.

`issue` writes; all else reads. `relation_sql` is what the warehouse reads, `verify` what an auditor runs, `prove`
and `check_proof` what a tenant needs.
"""

from python_assets.ledger.chain import (
    Seal,
    audit_hash_of,
    check_may_seal,
    newest_period,
    read_seals,
    sealed_periods,
)
from python_assets.ledger.proof import ProofVerdict, check_proof, prove, prove_all
from python_assets.ledger.relations import lists_lots_after, relation_sql
from python_assets.ledger.seal import InternalInconsistency, issue
from python_assets.ledger.verify import Verdict, verify

__all__ = [
    "InternalInconsistency",
    "ProofVerdict",
    "Seal",
    "Verdict",
    "audit_hash_of",
    "check_may_seal",
    "check_proof",
    "issue",
    "lists_lots_after",
    "newest_period",
    "prove",
    "prove_all",
    "read_seals",
    "relation_sql",
    "sealed_periods",
    "verify",
]
