"""Which seals were verified already: a run does not recompute the hashes of files that have not changed since.

`raw/verified_seals.json` has, by seal number, the audit hash and what would change with each file. It may be deleted,
which costs time alone. It counts only with its HMAC under `ledger/secret`, made by this version of the checks.
"""

import hmac
import json
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path

import duckdb

from python_assets.home import Home
from python_assets.ledger.chain import Seal
from python_assets.ledger.durable import put
from python_assets.ledger.tables import TABLES

# Of a seal: its audit hash and, by file, size, mtime_ns, ctime_ns and inode. Nobody but root can set a ctime back.
Marks = list


def marks_of(seal: Seal) -> Marks:
    """What would change if a file of the seal did. OSError if one is missing."""
    stats = [(seal.folder / f"{table}.parquet").stat() for table in TABLES]
    return [seal.audit_hash, *([s.st_size, s.st_mtime_ns, s.st_ctime_ns, s.st_ino] for s in stats)]


def remembered(home: Home, secret: bytes) -> dict[int, Marks]:
    """The marks of the seals that were verified, by number; none if the record is missing, damaged or not ours."""
    try:
        document = json.loads(_path(home).read_text("utf-8"))
        seals = document["seals"]
        if not hmac.compare_digest(document["hmac"], _hmac(secret, seals)):
            return {}
        return {int(number): marks for number, marks in seals.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def remember(home: Home, secret: bytes, verified: Mapping[int, Marks]) -> None:
    """Replaces the record."""
    seals = {str(number): marks for number, marks in verified.items()}
    put(_path(home), json.dumps({"hmac": _hmac(secret, seals), "seals": seals}).encode())


def _path(home: Home) -> Path:
    return home.raw / "verified_seals.json"


def _hmac(secret: bytes, seals: dict[str, Marks]) -> str:
    return hmac.digest(secret, json.dumps([_version(), seals], sort_keys=True).encode(), "sha256").hex()


@cache
def _version() -> str:
    """Of everything that decides whether a seal is right."""
    digest = sha256(duckdb.__version__.encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
