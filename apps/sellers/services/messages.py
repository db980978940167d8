"""Telling sellers: what is kept, and by which channels it will go out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from apps.core import bulk
from apps.sellers.models import Seller
from apps.sellers.models.message import MOST_ATTEMPTS, URGENT, Channel, Delivery, Kind, Message, MessageSettings
from apps.sellers.quiet import earliest
from apps.tenants.services import current_platform
from apps.tenants.tasks import nudge

DELIVER = "portal.deliver_messages"


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell a seller. `key` makes it be told once; `facts` are amounts, dates (ISO) and numbers as text."""

    seller_id: int
    kind: str
    key: str
    subject: str
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Reader:
    """A seller whom somebody acts for, and how that person can be reached."""

    settings: MessageSettings
    reached_by: frozenset[str]


def tell(*, notices: Iterable[Notice], business_date: date, at: datetime) -> int:
    """Keep what sellers are to be told, and have it sent after the commit; returns how many were new.

    Six statements at most, however many notices. Told before, a notice is left as it is; a seller for whom nobody has
    signed up yet is told nothing.
    """
    by_key = {notice.key: notice for notice in notices}
    if not by_key:
        return 0
    with transaction.atomic():
        known = set(Message.objects.filter(key__in=list(by_key)).values_list("key", flat=True))
        new = [notice for key, notice in by_key.items() if key not in known]
        readers = _readers({notice.seller_id for notice in new})
        told = [_message(notice, business_date, at) for notice in new if notice.seller_id in readers]
        bulk.copy_instances(told)
        zone = current_platform().zone
        bulk.copy_instances([one for row in told for one in _deliveries(row, readers[row.seller_id], zone, at)])
        if told:
            nudge(DELIVER)
    return len(told)


def _readers(sellers: set[int]) -> dict[int, _Reader]:
    rows = Seller.objects.filter(pk__in=sellers, user__is_active=True).values_list("pk", "user__email", "user__phone")
    chosen = {one.seller_id: one for one in MessageSettings.objects.filter(seller__in=sellers)}
    return {
        key: _Reader(
            chosen.get(key) or MessageSettings(seller_id=key),
            frozenset(name for name, address in ((Channel.EMAIL, email), (Channel.SMS, phone)) if address),
        )
        for key, email, phone in rows
    }


def _message(notice: Notice, business_date: date, at: datetime) -> Message:
    return Message(
        seller_id=notice.seller_id,
        kind=Kind(notice.kind),
        key=notice.key,
        subject=notice.subject,
        facts=dict(notice.facts),
        business_date=business_date,
        created_at=at,
    )


def _deliveries(message: Message, reader: _Reader, of_platform: ZoneInfo, at: datetime) -> list[Delivery]:
    chosen = reader.settings
    due_at = at
    if message.kind not in URGENT:
        due_at = earliest(
            at, quiet_from=chosen.quiet_from, quiet_until=chosen.quiet_until, zone=chosen.zone(of_platform)
        )
    return [
        Delivery(message=message, channel=channel, due_at=due_at)
        for channel in chosen.channels_for(message.kind)
        if channel in reader.reached_by
    ]


def mark_read(*, seller_id: int, through: int, at: datetime) -> int:
    """Note that the seller has seen every message up to id `through`; returns how many were new to them."""
    return Message.objects.unread().filter(seller_id=seller_id, pk__lte=through).update(read_at=at)


def choose(
    *,
    seller_id: int,
    summary: str,
    quiet_from: time,
    quiet_until: time,
    time_zone: str,
    wanted: Mapping[str, Sequence[str]],
) -> MessageSettings:
    """Keep what a seller wants to be told where and when. Raises ValidationError for values that make no sense; what
    went out or is on its way stays as it is."""
    settings = MessageSettings.objects.filter(seller_id=seller_id).first() or MessageSettings(seller_id=seller_id)
    settings.summary, settings.time_zone = summary, time_zone
    settings.quiet_from, settings.quiet_until = quiet_from, quiet_until
    settings.wanted = {kind: sorted(set(channels)) for kind, channels in wanted.items() if kind in Kind.values}
    settings.full_clean(exclude=["seller"])
    settings.save()
    return settings


def note_outcome(*, delivery: Delivery, fault: str = "", at: datetime) -> None:
    """Keep what came of an attempt. A fault is tried again after 2, 4, 8, ... minutes, and given up at the sixth."""
    delivery.attempts += 1
    delivery.last_fault = fault[:80]
    if not fault:
        delivery.sent_at = at
    elif delivery.attempts >= MOST_ATTEMPTS:
        delivery.gave_up_at = at
    else:
        delivery.due_at = at + timedelta(minutes=2**delivery.attempts)
    delivery.save(update_fields=["attempts", "last_fault", "sent_at", "gave_up_at", "due_at"])


def settings_of(seller: Any) -> MessageSettings:
    """What the seller has chosen, or the defaults."""
    return MessageSettings.objects.filter(seller=seller).first() or MessageSettings(seller=seller)
