"""Requests to other systems whose answers are bounded in time and size. Knows nothing of who asks what."""

from python_assets.bounded_http.client import HttpClient, Patience
from python_assets.bounded_http.network import Deadline
from python_assets.bounded_http.outcomes import (
    WORTH_ANOTHER_TRY,
    Answer,
    BrokenOff,
    TooLarge,
    TooSlow,
    Unanswered,
    Unreachable,
    phrase,
)

__all__ = [
    "WORTH_ANOTHER_TRY",
    "Answer",
    "BrokenOff",
    "Deadline",
    "HttpClient",
    "Patience",
    "TooLarge",
    "TooSlow",
    "Unanswered",
    "Unreachable",
    "phrase",
]
