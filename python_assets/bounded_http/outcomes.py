"""How a request can end."""

from dataclasses import dataclass
from http import HTTPStatus

WORTH_ANOTHER_TRY = (
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)


class Unanswered(Exception):
    """No usable answer; the text, if any, is what the operating system said."""


class Unreachable(Unanswered):
    """No connection."""


class TooSlow(Unanswered):
    """The answer was not complete in time."""


class BrokenOff(Unanswered):
    """The connection ended before the answer did, or the answer is no HTTP."""


class TooLarge(Unanswered):
    """The answer holds more bytes than it may."""


@dataclass(frozen=True)
class Answer:
    """Status and content of an answer, what is wrong with the content, and the seconds that the server asks to wait."""

    status: int
    content: bytes = b""
    fault: str | None = None
    wait_seconds: float | None = None


def phrase(status: int) -> str:
    """The standard's words for a status, in parentheses behind a blank; nothing for one that it does not know."""
    try:
        return f" ({HTTPStatus(status).phrase})"
    except ValueError:
        return ""
