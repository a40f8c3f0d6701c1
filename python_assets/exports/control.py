"""What the manifest tells of a file besides its hash."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Control:
    """Rows of a file, and the sums of its money columns in cents by currency."""

    rows: int
    cents: dict[str, dict[str, int]] = field(default_factory=dict)


# By path within the month's folder, with `/`.
Controls = dict[str, Control]
