"""Versions of a product's terms: made by one person, approved by another, frozen once they leave draft."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.models import Transition
from apps.core.states import log_birth
from apps.evidence.services import record
from apps.ledger.calendar import booking_date
from apps.products.bounds import within_bounds
from apps.products.models import FinancingProduct, LendingPolicy, ProductVersion
from apps.products.terms import ORDER, RECEIPT, RECEIVABLE, SALES
from apps.tenants.services import current_platform

COPIED = tuple(
    field.name
    for field in ProductVersion._meta.concrete_fields
    if field.name not in {"id", "product", "number", "made_by", "approved_by", "state", "predates_bounds"}
)
# Where a first version begins: cautious, complete enough to be saved, and meant to be changed.
FIRST_TERMS: dict[str, dict[str, Any]] = {
    SALES: {"fee_rate": "0.04", "sweep_rate": "0.1", "expected_days": 90},
    RECEIVABLE: {"annual_rate": "0.12", "advance_rate": "0.7", "settlement_days": 14, "expected_days": 14},
    ORDER: {"annual_rate": "0.12", "instalments": 6, "repayment_method": "equal_instalments", "expected_days": 180},
    RECEIPT: {"annual_rate": "0.12", "lending_limit": "0.5", "other_grades": "0.4", "expected_days": 90},
}
FIRST_AMOUNTS: dict[str, Any] = {"minimum_amount": 1000, "maximum_amount": 50000, "expected_days": 30}


class VersionRefused(ValueError):
    """The version cannot be moved like this; the message says why. Nothing was changed."""


def new_version(*, product_id: int, at: datetime, by: str) -> ProductVersion:
    """A draft to work on: a copy of the active version, else of the latest, else cautious first terms.

    Answers the draft that is there when the product already has one.
    """
    with transaction.atomic():
        product = FinancingProduct.objects.select_for_update().get(pk=product_id)
        versions = product.versions.order_by("-number")
        draft = versions.filter(state="draft").first()
        if draft is not None:
            return draft
        latest = versions.first()
        model = versions.filter(state="active").first() or latest
        terms = _terms_of(model) if model else _first_terms(product.technique)
        version = ProductVersion.objects.create(
            product=product, number=latest.number + 1 if latest else 1, made_by=by, **terms
        )
        log_birth([version], at=at, by=by, reason=f"copied from version {model.number}" if model else "first version")
        return ProductVersion.objects.get(pk=version.pk)


def _terms_of(model: ProductVersion) -> dict[str, Any]:
    """The terms of a version to begin a draft with: of one that is older than the bounds, brought within them."""
    return within_bounds({name: getattr(model, name) for name in COPIED})


def _first_terms(technique: str) -> dict[str, Any]:
    return {**FIRST_AMOUNTS, **FIRST_TERMS.get(technique, {})}


def save_draft(*, version: ProductVersion, changed: Sequence[str], at: datetime, by: str, why: str = "") -> None:
    """Save the edited terms of a draft; `changed` names the fields, for the record, and `why` is the maker's reason.

    Raises VersionRefused when the version is no draft any more.
    """
    with transaction.atomic():
        stored = _locked(version.pk)
        if stored.state != "draft":
            raise VersionRefused(_("This version is no longer a draft, so its terms are frozen. Make a new version."))
        version.made_by = by
        version.move("edit", at=at, by=by, reason=_told(stored, version, changed, why)[:300])


def _told(stored: ProductVersion, version: ProductVersion, changed: Sequence[str], why: str) -> str:
    """What an edit changed, from what to what where that is one figure or word, after the maker's reason."""
    told = []
    for name in changed:
        before, after = _kept(getattr(stored, name)), _kept(getattr(version, name))
        told.append(name if isinstance(after, list | dict) else f"{name} from {before} to {after}")
    what = f"changed {', '.join(told)}"
    return f"{why.strip()}: {what}" if why.strip() else what


def submit_version(*, version_id: int, at: datetime, by: str) -> ProductVersion:
    """Send a draft to review; again changes nothing. Raises VersionRefused with what the terms still lack."""
    with transaction.atomic():
        version = _locked(version_id)
        if version.state == "in_review":
            return version
        try:
            version.full_clean(exclude=["state"])
        except ValidationError as error:
            raise VersionRefused(" ".join(error.messages)) from error
        version.made_by = by
        _move(version, "submit", at=at, by=by)
        return version


def send_back_version(*, version_id: int, reason: str, at: datetime, by: str) -> ProductVersion:
    """Send a version in review back to its maker. Raises VersionRefused without a `reason`."""
    if not reason.strip():
        raise VersionRefused(_("Say what should change, so that the maker knows."))
    with transaction.atomic():
        version = _locked(version_id)
        _move(version, "send_back", at=at, by=by, reason=reason.strip())
        return version


def approve_version(*, version_id: int, seen: int | None = None, at: datetime, by: str) -> ProductVersion:
    """Make a version the active one; the version that was active retires in the same transaction.

    `seen` is the key of the latest line of its history that the reviewer had before them; None where no page was.
    Approving again changes nothing. Raises VersionRefused when `by` had a hand in the terms, when it is not in review,
    or when it has moved since it was `seen`: sent back, edited and submitted again, it says something else.
    """
    with transaction.atomic():
        today = booking_date(current_platform().business_date(at))
        version = _locked(version_id)
        if version.state == "active":
            return version
        check_can_approve(version=version, by=by)
        if seen is not None and Transition.of(version).filter(pk__gt=seen).exists():
            raise VersionRefused(
                _("The terms were sent back after you opened this page. Nothing was approved. Read them again.")
            )
        former = ProductVersion.objects.select_for_update().filter(product=version.product, state="active").first()
        if former is not None:
            _move(former, "retire", at=at, by=by, reason=f"replaced by version {version.number}")
            _put_on_record(former, "product_version_retired", business_date=today, at=at, by=by)
        _move(version, "approve", at=at, by=by, approved_by=by)
        _put_on_record(version, "product_version_activated", business_date=today, at=at, by=by)
        return version


def check_can_approve(*, version: ProductVersion, by: str) -> None:
    """Raises VersionRefused with the reason when `by` may not approve `version`."""
    if version.state != "in_review":
        raise VersionRefused(_("Only a version in review can be approved. Nothing was changed."))
    if by in makers_of(version):
        raise VersionRefused(_("Someone who had no hand in these terms must approve them. Ask a colleague."))


def can_approve(*, version: ProductVersion, by: str) -> bool:
    """Whether `check_can_approve` would let it pass."""
    try:
        check_can_approve(version=version, by=by)
    except VersionRefused:
        return False
    return True


def makers_of(version: ProductVersion) -> set[str]:
    """Everyone who made, edited or submitted the version."""
    hands = Transition.of(version).filter(verb__in=["create", "edit", "submit"]).values_list("by", flat=True)
    return {version.made_by, *hands}


def retire_version(*, version_id: int, reason: str, at: datetime, by: str) -> ProductVersion:
    """Take the active version off offer; contracts that stand keep it. Raises VersionRefused without a `reason`."""
    if not reason.strip():
        raise VersionRefused(_("Say why the product is taken off offer."))
    with transaction.atomic():
        today = booking_date(current_platform().business_date(at))
        version = _locked(version_id)
        if version.state == "retired":
            return version
        _move(version, "retire", at=at, by=by, reason=reason.strip())
        _put_on_record(version, "product_version_retired", business_date=today, at=at, by=by)
        return version


def kept_terms(version: ProductVersion) -> dict[str, Any]:
    """All terms of a version as text, flags and lists: what the evidence log keeps when they come into force."""
    return {name: _kept(getattr(version, name)) for name in COPIED}


def _kept(value: Any) -> Any:
    return format(value.normalize(), "f") if isinstance(value, Decimal) else value


def _put_on_record(version: ProductVersion, kind: str, *, business_date: date, at: datetime, by: str) -> None:
    """The terms that came into force, or went out of it, and the people who answer for them."""
    record(
        kind=kind,
        subject=f"product:{version.product.code}:{version.number}",
        payload={"made_by": version.made_by, "approved_by": version.approved_by, "terms": kept_terms(version)},
        business_date=business_date,
        at=at,
        by=by,
    )


def _locked(version_id: int) -> ProductVersion:
    """The version, with its product's row locked first: whoever moves a product's versions comes one at a time."""
    product = FinancingProduct.objects.select_for_update().get(versions=version_id)
    version = ProductVersion.objects.select_for_update().get(pk=version_id)
    version.product = product
    return version


def _move(version: ProductVersion, verb: str, *, at: datetime, by: str, reason: str = "", **changes: Any) -> None:
    if not version.can(verb):
        raise VersionRefused(
            _("This is not possible now: version %(number)s has moved on. Nothing was changed. Look at it again.")
            % {"number": version.number}
        )
    version.move(verb, at=at, by=by, reason=reason, **changes)


BOUNDS = ("rate_cap", "sweep_cap", "second_above", "answer_days")


def set_policy(
    *,
    rate_cap: Decimal,
    sweep_cap: Decimal,
    because: str,
    at: datetime,
    by: str,
    second_above: Decimal = Decimal(0),
    answer_days: int = 2,
) -> LendingPolicy:
    """Set the bounds that the studio warns at, as shares of one, the amount (platform's currency) above which a request
    outside policy takes two people, and the business days to answer it; what they were stays on the evidence log.

    Set again alike, nothing changes. Raises VersionRefused without a reason or with a cap that is no share.
    """
    with transaction.atomic():
        today = booking_date(current_platform().business_date(at))
        policy = LendingPolicy.objects.select_for_update().first()
        before = _bounds(policy) if policy else {}
        asked = LendingPolicy(
            rate_cap=rate_cap, sweep_cap=sweep_cap, second_above=second_above, answer_days=answer_days
        )
        if before == _bounds(asked):
            return LendingPolicy.in_force()
        policy = policy or LendingPolicy()
        for name in BOUNDS:
            setattr(policy, name, getattr(asked, name))
        policy.because = because.strip()
        policy.set_by, policy.set_at = by, at
        try:
            policy.full_clean()
        except ValidationError as error:
            raise VersionRefused(" ".join(error.messages)) from error
        policy.save()
        record(
            kind="lending_policy_set",
            subject="lending_policy",
            payload={"before": before, "after": _bounds(policy), "because": policy.because},
            business_date=today,
            at=at,
            by=by,
        )
        return policy


def _bounds(policy: LendingPolicy) -> dict[str, str]:
    return {name: str(_kept(getattr(policy, name))) for name in BOUNDS}
