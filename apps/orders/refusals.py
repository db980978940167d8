"""Why what a platform reports is not taken in."""

from dataclasses import dataclass


class FeedRefused(ValueError):
    """The file cannot be taken in at all. Nothing was changed."""


class SettlementRefused(ValueError):
    """The settlement cannot be taken in at all. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """One line that was not taken in, by its key, and why. The others were."""

    key: str
    reason: str
