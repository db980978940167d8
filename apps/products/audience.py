"""For whom a product is, what its money is for, which papers a seller keeps ready, and on which template contracts are
written: columns of a version."""

from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.products.eligibility import Condition, fault_of, thawed

# By the names that contracts state them under; templates/contracts has their words.
PURPOSES = {
    "stock": _("goods to sell"),
    "inputs": _("seed, feed, fertiliser and other inputs"),
    "equipment": _("tools and machines"),
    "packaging": _("packaging"),
    "transport": _("transport and storage"),
    "wages": _("wages"),
    "marketing": _("advertising and livestreams"),
}
DOCUMENTS = {
    "identity": _("identity document"),
    "licence": _("business licence"),
    "bank_statement": _("bank statements of the last six months"),
    "tax": _("latest tax return"),
    "land": _("lease or right to use the land"),
    "supply": _("purchase contract with the supplier"),
    "insurance": _("insurance policy of the goods"),
}
# Of each technique's contract, one file a language in templates/contracts.
STANDARD = "standard"
TEMPLATES = {
    STANDARD: _("standard"),
    "plain_words": _("with a summary in plain words"),
}


class ForWhom(models.Model):
    """Who may be offered a version, what its contracts say of use and papers, and their template; all empty sets no
    bounds."""

    eligibility = models.JSONField(
        _("who may be offered it"),
        default=dict,
        blank=True,
        help_text=_("Bounds are included. Leave a line empty where it does not matter."),
    )
    purposes = models.JSONField(
        _("what the money is for"),
        default=list,
        blank=True,
        help_text=_("The contract names what is ticked. None: the seller's business, whatever it needs."),
    )
    documents = models.JSONField(
        _("papers the seller keeps ready"),
        default=list,
        blank=True,
        help_text=_("The contract obliges the seller to show them within five business days of being asked."),
    )
    template = models.CharField(
        _("contract template"),
        max_length=24,
        default=STANDARD,
        db_default=STANDARD,
        choices=list(TEMPLATES.items()),
        help_text=_("All have the same clauses; one puts a summary in plain words before them. Contracts keep theirs."),
    )

    class Meta:
        abstract = True

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """Who may be offered this version."""
        return thawed(self.eligibility)

    @property
    def purpose_names(self) -> list[Any]:
        """What the money is for, in the reader's language."""
        return [PURPOSES[one] for one in self.purposes]

    @property
    def document_names(self) -> list[Any]:
        """The papers to keep ready, in the reader's language."""
        return [DOCUMENTS[one] for one in self.documents]


def check_audience(version: ForWhom) -> None:
    """Raises ValidationError, naming the field, for conditions that nobody can meet and for unknown names."""
    try:
        conditions = thawed(version.eligibility)
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValidationError({"eligibility": _("Conditions rest on the features that are listed.")}) from error
    for condition in conditions:
        fault = fault_of(condition)
        if fault:
            raise ValidationError({"eligibility": fault})
    _check_names(version.purposes, PURPOSES, "purposes")
    _check_names(version.documents, DOCUMENTS, "documents")


def _check_names(named: Any, known: dict[str, Any], field: str) -> None:
    if not isinstance(named, list) or not set(named) <= set(known) or len(set(named)) != len(named):
        raise ValidationError({field: _("Tick what is listed, each once.")})
