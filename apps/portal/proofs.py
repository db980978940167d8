"""What a document proves of itself, in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.financing.checking import Check, check_document
from apps.financing.models import Contract
from apps.portal.formats import format_count, format_day


@dataclass(frozen=True, slots=True)
class Proof:
    """One thing that was looked at, and what was found; `tone` is good, bad or info."""

    title: str
    words: str
    tone: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """All of it in one sentence, and each thing by itself."""

    proofs: Sequence[Proof]

    @property
    def holds(self) -> bool:
        return all(one.tone != "bad" for one in self.proofs)


def verdict_on(contract: Contract) -> Verdict:
    """The document of `contract`, looked at just now."""
    return Verdict([_proof(one) for one in check_document(contract)])


def _proof(one: Check) -> Proof:
    titles = {
        "bytes": _("The file"),
        "seal": _("The seal in the file"),
        "terms": _("The terms"),
        "record": _("The entry in the evidence log"),
        "day": _("The seal over the day"),
    }
    return Proof(titles[one.name], _words(one), {"good": "good", "bad": "bad", "waiting": "info"}[one.verdict])


def _words(one: Check) -> str:
    position = format_count(one.position) if one.position else ""
    day = format_day(one.on) if one.on else ""
    found = {
        ("bytes", "good"): _("Byte by byte what was stored."),
        ("bytes", "bad"): _("Changed or missing. It is not what was stored; please tell the platform."),
        ("seal", "good"): _("Whole, and by the platform's own key. Any PDF reader can check it without us."),
        ("seal", "bad"): _("Broken, missing or by another key. Do not rely on this file."),
        ("terms", "good"): _("What the machines compute with is what was agreed."),
        ("terms", "bad"): _("Changed since they were agreed. Please tell the platform."),
        ("record", "good"): _("Number %(position)s, as it was written when you signed."),
        ("record", "bad"): _("Missing or changed. Please tell the platform."),
        ("day", "good"): _("Closed and signed on %(day)s, with every entry in its place."),
        ("day", "bad"): _("It does not fit its entries any more. Please tell the platform."),
        ("day", "waiting"): _("The night that closes the day sets it."),
    }
    return found[one.name, one.verdict] % {"position": position, "day": day}
