"""The ledger's secret, and the salts made with it.

Without a salt, a hash in someone else's inclusion proof could be tried against guessed amounts. The salt of an
invoice is the hex HMAC-SHA256 of its id under the secret, so nothing random enters a seal.
"""

import hmac
import os
import re
import secrets

from python_assets.errors import UserError
from python_assets.home import Home
from python_assets.ledger.durable import sync

UNFINISHED = ".unfinished-"  # how the names of what is not complete yet begin


def salt_of(secret: bytes, invoice_id: str) -> str:
    """64 hex digits."""
    return hmac.digest(secret, invoice_id.encode(), "sha256").hex()


def read_secret(home: Home) -> bytes:
    """The 32 bytes in `ledger/secret`; UserError if it is missing or is no such secret."""
    path = home.ledger / "secret"
    try:
        text = path.read_text("ascii").strip()
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: is missing or cannot be read; restore it from a backup of the ledger") from error
    if not re.fullmatch(r"[0-9a-fA-F]{64}", text):
        raise UserError(f"{path}: is not 64 hex digits; restore it from a backup of the ledger")
    return bytes.fromhex(text)


def make_secret(home: Home) -> None:
    """Writes a new secret, readable by its owner alone, whole or not at all."""
    unfinished = home.ledger / f"{UNFINISHED}secret"
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32))
        file.flush()
        os.fsync(descriptor)
    unfinished.rename(home.ledger / "secret")
    sync(home.ledger)
