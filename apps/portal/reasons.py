"""The reasons behind a limit, as sentences in the reader's language."""

from dataclasses import dataclass
from decimal import Decimal

from apps.portal.formats import format_share
from apps.risk.models import Assessment
from apps.risk.reasons import SHARE, Reason, reasons_of


@dataclass(frozen=True, slots=True)
class Sentences:
    """What holds the limit back, and what would raise it."""

    says: str
    helps: str


def in_words(assessment: Assessment | None) -> list[Sentences]:
    """At most four reasons, the heaviest first; none without an assessment."""
    return [_sentences(one) for one in reasons_of(assessment.reasons, assessment.features)] if assessment else []


def _sentences(one: Reason) -> Sentences:
    goal = one.now if one.goal is None else one.goal
    return Sentences(
        says=str(one.words.says % {"now": _figure(one, one.now)}),
        helps=str(one.words.helps % {"goal": _figure(one, goal)}),
    )


def _figure(one: Reason, figure: Decimal) -> str | int:
    return format_share(figure) if one.words.unit == SHARE else int(figure)
