"""Why what a platform reports is not taken in."""

from dataclasses import dataclass


class FeedRefused(ValueError):
    """The file cannot be taken in at all. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """One line that was not taken in, by its key (or its number in a file), and why."""

    key: str
    reason: str


class SettlementRefused(ValueError):
    """The settlement cannot be taken in at all. Nothing was changed. `rejected` names the lines at fault, if any."""

    def __init__(self, message: str, rejected: tuple[RejectedLine, ...] = ()) -> None:
        super().__init__(message)
        self.rejected = rejected
