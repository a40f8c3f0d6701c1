"""The one exception for whatever a user can cause."""


class UserError(Exception):
    """A message for a person: what is wrong, where, and what to do. Never shown with a traceback."""
