"""The reasons behind a limit, as sentences in the reader's language, each with what would turn it."""

from dataclasses import dataclass
from decimal import Decimal

from apps.portal.formats import format_share
from apps.risk.models import Assessment
from apps.risk.path import Path, Way, path_to_yes
from apps.risk.reasons import SHARE, WORDS
from apps.risk.scorecard import thawed


@dataclass(frozen=True, slots=True)
class Sentences:
    """What holds the limit back, and what would raise it; `limit` is what this change alone would make of it, None
    where it changes nothing by itself."""

    name: str
    says: str
    helps: str
    limit: Decimal | None


def path_of(assessment: Assessment) -> Path:
    """The path to yes from the figures that the assessment rested on."""
    return path_to_yes(thawed(assessment.features), assessment.reasons)


def in_words(assessment: Assessment | None) -> list[Sentences]:
    """At most four reasons, the heaviest first; none without an assessment."""
    if assessment is None:
        return []
    path = path_of(assessment)
    return [_sentences(one, path.limit_now) for one in path.ways if one.name in WORDS]


def _help(name: str, target: Decimal) -> str:
    """The sentence that names the way to more."""
    return str(WORDS[name].helps % {"goal": _figure(name, target)})


def _sentences(one: Way, limit_now: Decimal) -> Sentences:
    goal = one.now if one.target is None else one.target
    return Sentences(
        name=one.name,
        says=str(WORDS[one.name].says % {"now": _figure(one.name, one.now)}),
        helps=_help(one.name, goal),
        limit=one.limit if one.limit > limit_now else None,
    )


def _figure(name: str, figure: Decimal) -> str | int:
    return format_share(figure) if WORDS[name].unit == SHARE else int(figure)
