"""The one exception for whatever a user can cause, and how to look behind an exception."""

from collections.abc import Iterator


class UserError(Exception):
    """A message for a person: what is wrong, where, and what to do. Never shown with a traceback."""


class NoHome(UserError):
    """The folder that a command was given, or found, is not a home."""


def chain_of(error: BaseException | None) -> Iterator[BaseException]:
    """An exception, what caused it, what caused that, and so on."""
    while error:
        yield error
        error = error.__cause__ or error.__context__
