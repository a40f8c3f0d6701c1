"""The command line. Belongs here: options, exit statuses, what a person reads. Not: any work."""

from orchestration.interrupts import ending_at_once

with ending_at_once():
    from orchestration.cli.program import app

__all__ = ["app"]
