"""Inclusion proofs: one tenant checks its invoice against a seal, and learns nothing of anyone else.

A proof is JSON: `format` 1, `leaf` (the invoice with its salt and `lines`, as hashed), `leaf_index` from 0,
`tree_size`, `path` (hex hashes, from the leaf up) and `seal` (the object of `seal.json`). The path's hashes cover
salted leaves, so no amount can be guessed from them.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import duckdb
import rfc8785

from python_assets.errors import UserError
from python_assets.home import Home
from python_assets.ledger.chain import DAMAGED, FORMAT, Seal, read_seals, seal_from_document
from python_assets.ledger.leaves import FIRST_UNSAFE_INTEGER, UnreadableSeal, invoice_leaves, open_seal
from python_assets.ledger.merkle import inclusion_path, leaf_hash, root_from_path, tree_levels
from python_assets.ledger.relations import open_rows
from python_assets.ledger.tables import TABLES
from python_assets.ledger.verify import check_seal
from python_assets.periods import period_text

_FIELDS = {"format", "leaf", "leaf_index", "tree_size", "path", "seal"}


@dataclass(frozen=True)
class ProofVerdict:
    """What checking a proof found. `audit_hash` (hex) is that of the seal that it was checked against: compare it."""

    ok: bool
    audit_hash: str
    invoice_id: str
    faults: list[str] = field(default_factory=list)


def prove(home: Home, invoice_id: str, status: str | None = None) -> dict[str, Any]:
    """The proof of an invoice; of its newest entry, or of the one with `status` ("issued", "void").

    UserError if the ledger has no such invoice, or if its seal is not what was sealed.
    """
    seals = {seal.seal_number: seal for seal in read_seals(home)}
    query = "SELECT max(seal_number) FROM invoices WHERE invoice_id = $1"
    query += " AND status = $2" if status else ""
    try:
        with open_rows(list(seals.values()), "invoices") as rows:
            (number,) = rows.execute(query, [invoice_id, status] if status else [invoice_id]).fetchone()
    except duckdb.Error as error:
        raise UserError(f"{home.ledger}: cannot be read; {DAMAGED}") from error
    if number is None:
        raise UserError(f"{invoice_id}: the ledger has no such {status or ''} invoice".replace("  ", " "))
    check_seal(home, seals[number])
    return next(proof for proof in prove_all(seals[number]) if proof["leaf"]["invoice_id"] == invoice_id)


def prove_all(seal: Seal) -> Iterator[dict[str, Any]]:
    """The proofs of all invoices of one seal, in tree order; UserError if its rows no longer give its root.

    The tree is computed once for all: a pass over the rows for the tree, another for the proofs.
    """
    try:
        with open_seal(seal.folder, ("invoices", "invoice_lines")) as files:
            levels = tree_levels([leaf_hash(leaf) for leaf in invoice_leaves(files)])
            if levels[0] and levels[-1][0].hex() != seal.merkle_root:
                raise UserError(f"{seal.folder}: the invoices do not give merkle_root; {DAMAGED}")
            for index, leaf in enumerate(invoice_leaves(files)):
                yield {
                    "format": FORMAT,
                    "leaf": json.loads(leaf),
                    "leaf_index": index,
                    "tree_size": len(levels[0]),
                    "path": [sibling.hex() for sibling in inclusion_path(levels, index)],
                    "seal": seal.document(),
                }
    except (UnreadableSeal, duckdb.Error) as error:
        raise UserError(f"{seal.folder}: cannot be read; {DAMAGED}") from error


def check_proof(proof: Any, seal: Any = None, audit_hash: str | None = None) -> ProofVerdict:
    """Whether a proof's leaf is in the tree of its seal, or of the given `seal` (object of a `seal.json`) instead.

    Needs no ledger. With `audit_hash`, the seal must also have that hash; without, whoever asks compares the hash in
    the verdict with the one that was made known. UserError for what is no proof or no seal at all.
    """
    leaf, path = _parts(proof, has_seal=seal is not None)
    try:
        held = seal_from_document(proof["seal"] if seal is None else seal)
    except ValueError as error:
        raise UserError(f"the {'proof' if seal is None else 'given seal'} is malformed: seal {error}") from error
    root = root_from_path(leaf, proof["leaf_index"], proof["tree_size"], path)
    faults = []
    if root is None:
        faults.append("leaf_index, tree_size and path do not belong together")
    elif root.hex() != held.merkle_root:
        faults.append(f"leaf and path lead to the root {root.hex()}, the seal has {held.merkle_root}")
    if audit_hash is not None and audit_hash.strip().lower() != held.audit_hash:
        faults.append(
            f"seal {held.seal_number} of {period_text(held.period)} has the hash {held.audit_hash}, not "
            f"{audit_hash.strip()}; a month that was sealed more than once has a hash for each seal"
        )
    return ProofVerdict(not faults, held.audit_hash, str(proof["leaf"].get("invoice_id", "")), faults)


def _parts(proof: Any, has_seal: bool) -> tuple[bytes, list[bytes]]:
    """The leaf's bytes and the path of a well-formed proof; UserError for any other."""
    if not isinstance(proof, dict) or not _FIELDS - {"seal"} <= set(proof) <= _FIELDS:
        raise _malformed(f"it must be an object of {', '.join(sorted(_FIELDS))}")
    if not has_seal and "seal" not in proof:
        raise _malformed("it has no seal, and none was named")
    if proof["format"] != FORMAT or any(type(proof[name]) is not int for name in ("format", "leaf_index", "tree_size")):
        raise _malformed("format must be 1, leaf_index and tree_size whole numbers")
    path = proof["path"]
    if not isinstance(path, list) or not all(isinstance(h, str) and re.fullmatch("[0-9a-f]{64}", h) for h in path):
        raise _malformed("path must be a list of hashes of 64 hex digits")
    return _leaf_bytes(proof["leaf"]), [bytes.fromhex(sibling) for sibling in path]


def _leaf_bytes(leaf: Any) -> bytes:
    lines = leaf.get("lines") if isinstance(leaf, dict) else None
    if not isinstance(lines, list):
        raise _malformed("leaf must be an invoice with its lines")
    _check_row("leaf", {name: value for name, value in leaf.items() if name != "lines"}, TABLES["invoices"])
    for line in lines:
        _check_row("line", line, TABLES["invoice_lines"])
    try:
        return rfc8785.dumps(leaf)
    except rfc8785.CanonicalizationError as error:
        raise _malformed("leaf has text that is no Unicode") from error


def _check_row(what: str, row: Any, columns: dict[str, str]) -> None:
    if not isinstance(row, dict) or not set(row) <= set(columns):
        raise _malformed(f"a {what} has other columns than the ledger")
    for name, value in row.items():
        whole = type(value) is int and abs(value) < FIRST_UNSAFE_INTEGER
        if not (isinstance(value, str) or whole):
            raise _malformed(f"{name} of a {what} must be text or a whole number below 2^53")


def _malformed(why: str) -> UserError:
    return UserError(f"the proof is malformed: {why}")
