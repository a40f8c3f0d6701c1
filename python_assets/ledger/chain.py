"""The chain of seals as it stands in the ledger: which there are, and which month may come next.

Reads only `seal.json`; whether the rows beside it are still those that were sealed is the work of `verify`.
"""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import rfc8785

from python_assets.errors import UserError
from python_assets.home import Home
from python_assets.periods import add_months, period_text

FORMAT = 1
NO_HASH = "0" * 64  # what the first seal has as its predecessor's hash
DAMAGED = "the ledger is damaged; `counterfoil audit verify` says where, restore it from a backup"

_HASHES = ("previous_hash", "merkle_root", "balances_root", "allowances_root")
_FIELDS = {"format", "seal_number", "period", "timezone", "sealed_on", *_HASHES}
_FOLDER = re.compile(r"seal=(\d{6,})")
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Seal:
    """One seal: the fields of `seal.json` (hashes in hex), its SHA-256 as `audit_hash`, and its folder."""

    format: int
    seal_number: int
    period: date
    previous_hash: str
    merkle_root: str
    balances_root: str
    allowances_root: str
    timezone: str
    sealed_on: date
    audit_hash: str
    folder: Path

    def document(self) -> dict[str, str | int]:
        """The object of `seal.json`."""
        values = {name: getattr(self, name) for name in sorted(_FIELDS)}
        return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


def seal_bytes(document: Mapping[str, Any]) -> bytes:
    """The bytes of `seal.json`: canonical JSON, no final line feed."""
    return rfc8785.dumps(dict(document))


def seal_from_document(document: Any, folder: Path = Path()) -> Seal:
    """The seal that an object says; ValueError names the first field that is missing, unknown or of a wrong form."""
    if not isinstance(document, dict) or set(document) != _FIELDS:
        fields = set(document) if isinstance(document, dict) else set()
        raise ValueError(f"must have exactly its fields, but differs in {sorted(map(str, fields ^ _FIELDS))}")
    for name, value in document.items():
        if type(value) is not (int if name in ("format", "seal_number") else str):
            raise ValueError(f"{name} is of a wrong type")
    for name in _HASHES:
        if not _HASH.fullmatch(document[name]):
            raise ValueError(f"{name} is no hash of 64 hex digits")
    days = {name: _day(name, document[name]) for name in ("period", "sealed_on")}
    if document["format"] != FORMAT or not 0 < document["seal_number"] < 2**31 or days["period"].day != 1:
        raise ValueError("format, seal_number or period is out of its range")
    return Seal(**{**document, **days}, audit_hash=sha256(seal_bytes(document)).hexdigest(), folder=folder)


def _day(name: str, text: str) -> date:
    day = date.fromisoformat(text)
    if day.isoformat() != text:
        raise ValueError(f"{name} is not written as YYYY-MM-DD")
    return day


@lru_cache(maxsize=4096)  # A run asks for all seals again and again; of the same bytes the answer is the same.
def seal_from_bytes(raw: bytes, folder: Path = Path()) -> Seal:
    """The seal in the bytes of a `seal.json`; ValueError if they are not exactly its canonical form."""
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise ValueError("is no JSON") from error
    seal = seal_from_document(document, folder)
    if sha256(raw).hexdigest() != seal.audit_hash:
        raise ValueError("is not in canonical form")
    return seal


def seal_folders(home: Home) -> dict[int, Path]:
    """The ledger's seal folders by number, in order; gaps are possible. UserError for a folder no writer has made."""
    numbered = {}
    for folder in sorted(home.ledger.glob("seal=*")):
        match = _FOLDER.fullmatch(folder.name)
        if not match or folder.name != folder_name(int(match[1])):
            raise UserError(
                f"{folder}: is no folder of a seal; move it elsewhere, nothing but the ledger may be in there"
            )
        numbered[int(match[1])] = folder
    return dict(sorted(numbered.items()))


def folder_name(seal_number: int) -> str:
    return f"seal={seal_number:06d}"


def read_seals(home: Home) -> list[Seal]:
    """All seals in order, numbered 1 to n; empty without a ledger. UserError for a gap or an unreadable `seal.json`."""
    seals = []
    for expected, (number, folder) in enumerate(seal_folders(home).items(), start=1):
        if number != expected:
            raise UserError(f"{home.ledger / folder_name(expected)}: is missing; {DAMAGED}")
        try:
            seal = seal_from_bytes((folder / "seal.json").read_bytes(), folder)
        except (OSError, ValueError) as error:
            raise UserError(f"{folder / 'seal.json'}: {reason(error)}; {DAMAGED}") from error
        if seal.seal_number != number:
            raise UserError(f"{folder / 'seal.json'}: says number {seal.seal_number}; {DAMAGED}")
        seals.append(seal)
    return seals


def reason(error: Exception) -> str:
    """An error in one line without its path, for a message that names the file itself."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return (text.splitlines() or ["cannot be read"])[0]


def sealed_periods(home: Home) -> list[date]:
    """The sealed periods in order, each once."""
    return sorted({seal.period for seal in read_seals(home)})


def newest_period(home: Home) -> date | None:
    """The latest sealed period; None if the ledger is empty."""
    return max(sealed_periods(home), default=None)


def audit_hash_of(home: Home, period: date) -> str:
    """The audit hash (hex) of the period's newest seal; UserError if the period is not sealed."""
    for seal in reversed(read_seals(home)):
        if seal.period == period:
            return seal.audit_hash
    raise UserError(f"{period_text(period)} is not sealed: there is no seal of it in {home.ledger}")


def may_follow(period: date, periods: Collection[date]) -> bool:
    """Whether a month may be sealed after these (R14): any where there is none, one of them again, or the next."""
    return not periods or period in periods or add_months(period, -1) in periods


def check_may_seal(home: Home, period: date, timezone: str) -> None:
    """UserError unless the ledger is empty, or has this time zone and the period or the month before it (R14)."""
    seals = read_seals(home)
    if not seals:
        return
    if seals[0].timezone != timezone:
        raise UserError(
            f"the ledger in {home.ledger} is kept in the time zone {seals[0].timezone}, the configuration says "
            f"{timezone}; set billing.timezone back to {seals[0].timezone}"
        )
    periods, before = {seal.period for seal in seals}, add_months(period, -1)
    if may_follow(period, periods):
        return
    refused = f"{period_text(period)} cannot be sealed: "
    if period < min(periods):
        raise UserError(f"{refused}the ledger begins with {period_text(min(periods))}, and months close in order")
    missing = add_months(max(periods), 1)
    through = f" --through {period_text(before)}" if missing != before else ""
    raise UserError(
        f"{refused}{period_text(before)} is not sealed yet; "
        f"run `counterfoil run --period {period_text(missing)}{through}` first"
    )


def check_seal_date(home: Home, period: date, as_of: date) -> None:
    """UserError if the newest seal is dated after `as_of`: seals are dated in order."""
    seals = read_seals(home)
    if seals and as_of < seals[-1].sealed_on:
        newest = seals[-1]
        raise UserError(
            f"{period_text(period)} cannot be sealed as of {as_of}: {newest.folder.name} of "
            f"{period_text(newest.period)} is dated {newest.sealed_on}, and seals are dated in order; "
            f"run with --as-of {newest.sealed_on} or a later day"
        )
