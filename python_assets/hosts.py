"""Names that a server is reached under."""

import re

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)(?::([0-9]{1,5}))?")
# Browsers leave these out of what they send.
_DEFAULT_PORTS = ("80", "443")


def parse_host(text: str) -> tuple[str, str] | None:
    """Name and port of a host such as `billing.example.com:8443`, `localhost` or `[::1]:3000`; None if it is no host.

    The name is in lower case. The port is empty where none is given, or the default one of http or https.
    """
    if not (match := _HOST.fullmatch(text.lower())):
        return None
    name, port = match.groups(default="")
    return name, "" if port in _DEFAULT_PORTS else port
