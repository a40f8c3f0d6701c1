"""Verifying: every hash of the ledger is recomputed from its files, and what must hold across seals is checked.

`verify` is what an auditor runs, and starts from nothing. `verified_seals` is what a run reads the ledger by: it stops
at a fault, and recomputes only what has changed since it last looked.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path

import duckdb

from python_assets.errors import UserError
from python_assets.home import Home
from python_assets.ledger import checks, history, statistics
from python_assets.ledger.chain import NO_HASH, Seal, folder_name, read_seals, reason, seal_folders, seal_from_bytes
from python_assets.ledger.leaves import UnreadableSeal, open_seal, roots
from python_assets.ledger.remembered import Marks, marks_of, remember, remembered
from python_assets.ledger.secret import read_secret
from python_assets.memory import lent
from python_assets.progress import tell

_FILES = {
    "merkle_root": "invoices.parquet and invoice_lines.parquet",
    "balances_root": "top_up_balances.parquet",
    "allowances_root": "usage_allowances.parquet",
}
_MISSING = "is missing"
_NAMED = 5  # faults that a stopped run names at most


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
    """Checks all seals, each by itself and against those before; faults are told, never raised."""
    try:
        folders = seal_folders(home)
    except UserError as error:
        return Verdict(ok=False, seals=0, last_hash=None, faults=[str(error)])
    secret, general = _secret(home) if folders else (None, [])
    seals, found = _check_each(folders, secret)
    _check_versions(seals, found)
    return _verdict(seals, found, general)


def verified_seals(home: Home) -> list[Seal]:
    """All seals in order, as `read_seals`; UserError names the first that is not what was sealed.

    Seals that were verified before, and whose files have not changed since, are not recomputed. The chain is checked
    each time. Callers hold the home's lock.
    """
    seals = read_seals(home)
    if not seals:
        return []
    secret = read_secret(home)
    marks = {seal.seal_number: found for seal in seals if (found := _marks(seal))}
    known = remembered(home, secret)
    unchanged = {number for number, found in marks.items() if found == known.get(number)}
    if len(unchanged) < len(seals):
        tell("verifying the ledger")
    read, found = _check_each({seal.seal_number: seal.folder for seal in seals}, secret, unchanged)
    _check_versions(read, found, unchanged)
    _stop_at_faults(home, _verdict(read, found))
    if known != marks:
        remember(home, secret, marks)
    return seals


def check_seal(home: Home, seal: Seal) -> None:
    """UserError if the seal is not what was sealed, or the chain is broken. Reads no rows of other seals."""
    secret, _ = _secret(home)
    folders = seal_folders(home)
    _stop_at_faults(home, _verdict(*_check_each(folders, secret, set(folders) - {seal.seal_number})))


def _marks(seal: Seal) -> Marks | None:
    try:
        return marks_of(seal)
    except OSError:
        return None  # verifying says which file


def _stop_at_faults(home: Home, verdict: Verdict) -> None:
    if verdict.ok:
        return
    named = [f"  {fault}" for fault in verdict.faults[:_NAMED]]
    raise UserError(
        "\n".join(
            [
                "the ledger is damaged, so nothing is derived, sealed or published from it:",
                *named,
                f"restore {home.ledger} from a backup; `counterfoil audit verify` names every fault",
            ]
        )
    )


def _secret(home: Home) -> tuple[bytes | None, list[str]]:
    try:
        return read_secret(home), []
    except UserError as error:
        return None, [str(error)]


def _check_each(
    folders: dict[int, Path], secret: bytes | None, known: Collection[int] = ()
) -> tuple[dict[int, Seal | None], dict[int, list[str]]]:
    """The seals in `folders`, None where there is none to read, and what is wrong with each: by itself, and in its
    place in the chain. The rows of those in `known` are taken to be right."""
    seals: dict[int, Seal | None] = {}
    found: dict[int, list[str]] = {}
    for number in range(1, max(folders, default=0) + 1):
        if number in folders:
            seals[number], found[number] = _check(folders[number], number, secret, number in known)
        else:
            seals[number], found[number] = None, [_MISSING]
    _check_links(seals, found)
    for number, faults in history.order_faults(takewhile(bool, seals.values())).items():
        found[number] += faults
    return seals, found


def _check_versions(seals: dict[int, Seal | None], found: dict[int, list[str]], known: Collection[int] = ()) -> None:
    """Adds to `found` where invoices contradict those of earlier seals: up to the first seal with a fault, since what
    follows one says nothing. Seals in `known` were checked against each other before."""
    right = [seal for seal in seals.values() if seal and not any(found[n] for n in found if n <= seal.seal_number)]
    months = {seal.period for seal in right if seal.seal_number not in known}
    if months:
        with lent() as connection:
            faults = history.version_faults(connection, [seal for seal in right if seal.period in months])
        for number, some in faults.items():
            found[number] += some


def _verdict(seals: dict[int, Seal | None], found: dict[int, list[str]], general: Collection[str] = ()) -> Verdict:
    broken = [number for number, faults in found.items() if faults]
    last = seals[max(seals)] if seals else None
    return Verdict(
        ok=not broken and not general,
        seals=sum(faults != [_MISSING] for faults in found.values()),
        last_hash=last.audit_hash if last else None if seals else NO_HASH,
        broken_seal=min(broken, default=None),
        faults=[f"{folder_name(number)}: {fault}" for number in broken for fault in found[number]] + [*general],
    )


def _check(folder: Path, number: int, secret: bytes | None, is_known: bool) -> tuple[Seal | None, list[str]]:
    """The seal in `folder`, None if `seal.json` cannot be read, and what is wrong with it by itself."""
    try:
        seal = seal_from_bytes((folder / "seal.json").read_bytes(), folder)
    except (OSError, ValueError) as error:
        return None, [f"seal.json: {reason(error)}"]
    found = [] if seal.seal_number == number else [f"seal.json: seal_number is {seal.seal_number}"]
    if is_known:
        return seal, found
    try:
        return seal, found + _check_rows(seal, secret)
    except UnreadableSeal as error:
        return seal, [*found, str(error)]
    except (OSError, ValueError, duckdb.Error) as error:
        return seal, [*found, f"rows cannot be read: {reason(error)}"]


def _check_rows(seal: Seal, secret: bytes | None) -> list[str]:
    with open_seal(seal.folder) as files:
        found = [
            f"{name} is {getattr(seal, name)}, the rows of {_FILES[name]} give {root}"
            for name, root in roots(files).items()
            if root != getattr(seal, name)
        ]
        found += checks.faults(files, seal.period, seal.sealed_on)
        found += statistics.faults(files, seal.folder)
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
