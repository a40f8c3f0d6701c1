"""Addresses that a secret may be sent to."""

from urllib.parse import urlsplit

import httpx

from python_assets.errors import UserError

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def checked_address(url: str, setting: str, example: str) -> str:
    """An address without a slash at its end: https, or http on this machine itself; UserError for others.

    The address is not quoted in the message, since it may hold a password; `setting` says where it came from.
    """
    url = url.strip().rstrip("/")
    try:
        parts = urlsplit(url)
        is_private = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
        is_plain = "@" not in parts.netloc and not parts.query and not parts.fragment
        if parts.hostname and is_private and is_plain and parts.port != 0 and httpx.URL(url).host:
            return url
    except (ValueError, httpx.InvalidURL):
        pass
    raise UserError(f"{setting} must be an address such as {example}: https (http on this machine alone), no password")
