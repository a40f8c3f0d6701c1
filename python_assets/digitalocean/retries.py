"""How long the API is asked again, and what a person is told when it does not answer.

The loop, its backoff and `Retry-After` are azure-core's, which pydo is made with. Added here is what that lacks: waits
have a bound, the provider's `ratelimit-reset` counts too, an answer that is not whole is asked for again, and what
fails in the end is a UserError. None of them quotes the answer or the exception: both may hold the token.
Source: azure-core's `RetryPolicy`; rate limits of https://docs.digitalocean.com/reference/api/.
"""

import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from azure.core.exceptions import (
    AzureError,
    IncompleteReadError,
    ServiceRequestError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import RetryPolicy

from python_assets.digitalocean.answers import Question, Unusable
from python_assets.errors import UserError

SCOPE = "billing:read"
TOKEN = "DIGITALOCEAN_TOKEN"


@dataclass(frozen=True)
class Patience:
    """How often one question is repeated, and the seconds that are waited in between and in all.

    The first repetition follows at once, the n-th after `backoff_seconds` times 2 to the power of n - 1, unless the
    API says how long; it is never waited longer than `longest_wait_seconds` at a time. An API that cannot be reached
    at all is given up sooner: a person waits for the message.
    """

    repetitions: int = 5
    repetitions_to_connect: int = 2
    backoff_seconds: float = 0.8
    longest_wait_seconds: float = 120
    seconds_in_all: float = 900


class Retries(RetryPolicy):
    """azure-core's retry policy over whole answers; every failure ends as a UserError, every answer is a 200."""

    def __init__(self, patience: Patience):
        self._longest_wait = patience.longest_wait_seconds
        super().__init__(
            retry_total=4 * patience.repetitions,
            retry_connect=patience.repetitions_to_connect,
            retry_read=patience.repetitions,
            retry_status=patience.repetitions,
            retry_backoff_factor=patience.backoff_seconds,
            retry_backoff_max=patience.longest_wait_seconds,
            timeout=patience.seconds_in_all,
        )

    def send(self, request: PipelineRequest) -> PipelineResponse:
        """Sends the request with the Question in its option `question`; UserError unless a whole answer comes."""
        question = request.context["question"] = request.context.options.pop("question")
        host = urlsplit(request.http_request.url).netloc
        try:
            response = super().send(request)
        except AzureError as error:
            raise _broken(error, question, host) from None
        if response.http_response.status_code != HTTPStatus.OK:
            raise self._refused(response, question)
        if fault := _fault(response):
            raise Unusable(f"DigitalOcean's answer for {question.what} {fault}, several times over")
        return response

    def is_retry(self, settings: dict[str, Any], response: PipelineResponse) -> bool:
        if (self.get_retry_after(response) or 0) > self._longest_wait:
            return False
        return super().is_retry(settings, response) or _fault(response) is not None

    def get_retry_after(self, response: PipelineResponse) -> float | None:
        """Seconds that the API wants to be left alone, None if it does not say.

        The burst limit comes with `Retry-After`, the hourly one only with the epoch second in `ratelimit-reset`.
        """
        answer = response.http_response
        try:
            seconds = super().get_retry_after(response)
            if seconds is None and answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
                seconds = max(0, float(answer.headers["ratelimit-reset"]) - time.time())
        except (KeyError, ValueError, OverflowError):
            return None
        return seconds

    def increment(self, settings: dict[str, Any], response: Any = None, error: Exception | None = None) -> bool:
        if isinstance(error, IncompleteReadError):  # else it would be repeated without backoff
            error = ServiceResponseError(error)
        return super().increment(settings, response=response, error=error)

    def _refused(self, response: PipelineResponse, question: Question) -> UserError:
        status = response.http_response.status_code
        if status == HTTPStatus.UNAUTHORIZED:
            return UserError(
                f"DigitalOcean does not accept the token in {TOKEN} (401): it may have expired or been revoked; "
                f"make one with the scope {SCOPE}"
            )
        if status == HTTPStatus.FORBIDDEN:
            return UserError(f"the token in {TOKEN} may not read the bills (403): it needs the scope {SCOPE}")
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            seconds = self.get_retry_after(response)
            when = f"in {seconds:.0f} seconds" if seconds else "later"
            return UserError(f"DigitalOcean's rate limit is used up (429); fetch again {when}")
        return Unusable(f"DigitalOcean answered {status}{_phrase(status)} when asked for {question.what}")


def _fault(response: PipelineResponse) -> str | None:
    answer = response.http_response
    return response.context["question"].check(answer.content) if answer.status_code == HTTPStatus.OK else None


def _phrase(status: int) -> str:
    try:
        return f" ({HTTPStatus(status).phrase})"
    except ValueError:
        return ""


def _broken(error: AzureError, question: Question, host: str) -> UserError:
    if isinstance(error, ServiceRequestError):
        return UserError(f"DigitalOcean cannot be reached at {host}{_reason(error)}")
    if isinstance(error, ServiceResponseTimeoutError):
        return UserError(f"DigitalOcean at {host} did not answer in time when asked for {question.what}")
    return Unusable(f"the connection to DigitalOcean at {host} broke off in the answer for {question.what}")


def _reason(error: AzureError) -> str:
    """What the operating system said, from the innermost exception that has it."""
    said = ""
    cause: BaseException | None = error.inner_exception
    while cause:
        if isinstance(cause, OSError) and cause.strerror:
            said = f": {cause.strerror}"
        cause = cause.__cause__ or cause.__context__
    return said
