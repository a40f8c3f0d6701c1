"""Verifying: every hash of the ledger is computed anew from its files alone."""

from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from python_assets.errors import UserError
from python_assets.home import Home
from python_assets.ledger import checks
from python_assets.ledger.chain import NO_HASH, Seal, folder_name, reason, seal_folders, seal_from_bytes
from python_assets.ledger.leaves import UnreadableSeal, open_seal, roots
from python_assets.ledger.secret import read_secret


@dataclass(frozen=True)
class Verdict:
    """What verifying found: `ok` if nothing is wrong.

    `seals` counts the seals that were checked, `last_hash` is the audit hash of the last one (64 zeros for an empty
    ledger, None if it is unreadable), `broken_seal` the number of the first seal with a fault (None without one, or
    if only the secret is lost), `faults` one message each, beginning with the folder or file that is wrong.
    """

    ok: bool
    seals: int
    last_hash: str | None
    broken_seal: int | None = None
    faults: list[str] = field(default_factory=list)


def verify(home: Home) -> Verdict:
    """Checks chain, numbering, roots, salts and sums of all seals; faults are told, never raised."""
    try:
        folders = seal_folders(home)
    except UserError as error:
        return Verdict(ok=False, seals=0, last_hash=None, faults=[str(error)])
    secret, general = _secret(home) if folders else (None, [])
    found: dict[int, list[str]] = {}
    seals: dict[int, Seal | None] = {}
    for number in range(1, max(folders, default=0) + 1):
        seals[number], found[number] = _check(folders[number], number, secret) if number in folders else _missing()
    _check_links(seals, found)
    broken = [number for number, faults in found.items() if faults]
    last = seals[max(seals)] if seals else None
    return Verdict(
        ok=not broken and not general,
        seals=len(folders),
        last_hash=last.audit_hash if last else None if seals else NO_HASH,
        broken_seal=min(broken, default=None),
        faults=[f"{folder_name(number)}: {fault}" for number in broken for fault in found[number]] + general,
    )


def _secret(home: Home) -> tuple[bytes | None, list[str]]:
    try:
        return read_secret(home), []
    except UserError as error:
        return None, [str(error)]


def _missing() -> tuple[None, list[str]]:
    return None, ["is missing"]


def _check(folder: Path, number: int, secret: bytes | None) -> tuple[Seal | None, list[str]]:
    """The seal in `folder`, None if `seal.json` cannot be read, and what is wrong with it by itself."""
    try:
        seal = seal_from_bytes((folder / "seal.json").read_bytes(), folder)
    except (OSError, ValueError) as error:
        return None, [f"seal.json: {reason(error)}"]
    found = [] if seal.seal_number == number else [f"seal.json: seal_number is {seal.seal_number}"]
    try:
        return seal, found + _check_rows(seal, secret)
    except UnreadableSeal as error:
        return seal, [*found, str(error)]
    except (OSError, ValueError, duckdb.Error) as error:
        return seal, [*found, f"rows cannot be read: {reason(error)}"]


def _check_rows(seal: Seal, secret: bytes | None) -> list[str]:
    with open_seal(seal.folder) as files:
        found = [
            f"{name} is {getattr(seal, name)}, the rows give {root}"
            for name, root in roots(files).items()
            if root != getattr(seal, name)
        ]
        found += checks.faults(files, seal.period, seal.sealed_on)
        files.execute("SELECT count(COLUMNS(*)) FROM inputs").fetchall()  # not hashed, but it must be readable
        return found + (checks.wrong_salts(files, secret) if secret else [])


def _check_links(seals: dict[int, Seal | None], found: dict[int, list[str]]) -> None:
    """Adds to `found` where a seal does not follow from the one before it."""
    broken = {number for number, seal in seals.items() if seal and not _follows(seals, number)}
    for number in sorted(broken):
        changed = _changed_side(seals, found, number, broken)
        found[changed].append(
            f"seal.json: the chain is broken, previous_hash of {folder_name(number)} is not "
            + (f"the hash of {folder_name(number - 1)}" if number > 1 else "64 zeros")
        )
    zones = {seal.timezone for seal in seals.values() if seal}
    for number, seal in seals.items():
        first = seals[1]
        if len(zones) > 1 and seal and first and seal.timezone != first.timezone:
            found[number].append(f"seal.json: timezone is {seal.timezone}, that of the ledger {first.timezone}")


def _follows(seals: dict[int, Seal | None], number: int) -> bool:
    """Whether the seal's previous_hash is right; taken for right where the seal before cannot be read."""
    seal, before = seals[number], seals.get(number - 1)
    expected = NO_HASH if number == 1 else before.audit_hash if before else None
    return expected is None or seal.previous_hash == expected


def _changed_side(seals: dict, found: dict[int, list[str]], number: int, broken: set[int]) -> int:
    """Of a broken link, the seal that was changed: the earlier one if the later is confirmed by its successor."""
    confirmed = seals.get(number + 1) is not None and number + 1 not in broken
    return number - 1 if number > 1 and (confirmed or found[number - 1]) else number
