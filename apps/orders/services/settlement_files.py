"""Taking in the settlement files of the platform's payment providers."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core import bulk
from apps.core.turns import take_turn
from apps.evidence.services import record
from apps.ledger import chart
from apps.ledger.calendar import booking_date
from apps.ledger.services import Line, post
from apps.orders.feeds.settlements import CAPTURE, CHARGEBACK, LARGEST, REFUND, PayoutRead, read_settlements
from apps.orders.models import FeedFile, Settlement
from apps.orders.refusals import RejectedLine, SettlementRefused
from apps.orders.services.settlement import ToldLine, known_lines, record_settlement
from apps.tenants.services import current_platform


@dataclass(frozen=True, slots=True)
class SettlementTaken:
    """What became of a file: the payouts in it, and whether its bytes are new."""

    file: FeedFile
    settlements: tuple[Settlement, ...]
    is_new: bool


def import_settlement(*, source: IO[bytes], name: str, at: datetime, by: str) -> SettlementTaken:
    """Take in the settlement file in `source`: its lines as proceeds of sellers, its fees as the platform's expense.

    A payout is booked on its sales day or the first business date still open, in the platform's currency; it comes to
    its total to the cent. The same bytes again are nothing new. One file a platform at a time.

    Raises SettlementRefused, and nothing of the file is taken, when a line is wrong (`rejected` names each by its
    number in the file), when a payout does not come to its total, or came before in another file.
    """
    content = source.read(LARGEST + 1)
    digest = hashlib.sha256(content).hexdigest()
    with transaction.atomic():
        take_turn("settlement files")
        known = FeedFile.objects.filter(sha256=digest).first()
        if known is not None:
            return SettlementTaken(known, tuple(known.settlements.order_by("pk")), is_new=False)
        payouts = read_settlements(content, current_platform().currency)
        _must_be_new(payouts)
        lines = sum(len(payout.lines) for payout in payouts)
        file = FeedFile.objects.create(
            sha256=digest, kind="settlement", name=name[:200], taken_in_at=at, lines=lines, landed=lines, by=by
        )
        settlements = tuple(_book(payout, file, at, by) for payout in payouts)
        record(
            kind="settlement_taken_in",
            subject=f"feed_file:{file.pk}",
            payload={"sha256": digest, "payouts": {one.payout: str(one.total) for one in settlements}},
            business_date=max(one.booked_on for one in settlements),
            at=at,
            by=by,
        )
    return SettlementTaken(file, settlements, is_new=True)


def _must_be_new(payouts: list[PayoutRead]) -> None:
    came = Settlement.objects.filter(payout__in=[one.name for one in payouts]).select_related("file").first()
    if came is not None:
        now = next(one for one in payouts if one.name == came.payout)
        raise SettlementRefused(
            _("Payout %(payout)s came before in %(file)s with a total of %(before)s; this file says %(now)s. "
              "Nothing was taken in; ask the provider which of the two holds.")
            % {"payout": came.payout, "file": came.file.name, "before": came.total, "now": now.total}
        )  # fmt: skip


def _book(payout: PayoutRead, file: FeedFile, at: datetime, by: str) -> Settlement:
    booked_on = booking_date(payout.settled_on)
    settlement_id = bulk.next_ids(Settlement, 1)[0]
    _record_lines(payout, settlement_id, at, by)
    settlement = Settlement.objects.create(
        id=settlement_id,
        payout=payout.name,
        file=file,
        settled_on=payout.settled_on,
        booked_on=booked_on,
        currency=payout.currency,
        captured=payout.sum_of(CAPTURE),
        refunded=payout.sum_of(REFUND),
        charged_back=payout.sum_of(CHARGEBACK),
        fees=payout.fees,
        total=payout.comes_to,
    )
    if payout.fees:
        _post_fees(settlement, booked_on, at, by)
    return settlement


def _record_lines(payout: PayoutRead, settlement_id: int, at: datetime, by: str) -> None:
    """Raises SettlementRefused unless every line lands now: what came before by another way is no part of a payout."""
    numbers = {f"{payout.name}:{line.name}": line.number for line in payout.sold}
    told = [
        ToldLine(f"{payout.name}:{line.name}", line.seller, line.kind, line.amount, line.order, line.number)
        for line in payout.sold
    ]
    result = record_settlement(
        lines=known_lines(told), settled_on=payout.settled_on, settlement_id=settlement_id, at=at, by=by
    )
    if result.rejected or result.known:
        rejected = tuple(RejectedLine(str(numbers[one.key]), one.reason) for one in result.rejected)
        raise SettlementRefused(
            _("%(number)s lines of payout %(payout)s cannot be booked, so nothing was taken in.")
            % {"number": len(rejected) + result.known, "payout": payout.name},
            rejected,
        )


def _post_fees(settlement: Settlement, booked_on: date, at: datetime, by: str) -> None:
    post(
        key=f"provider_fees:{settlement.payout}",
        kind="provider_fees",
        business_date=booked_on,
        currency=settlement.currency,
        lines=[Line(chart.PROVIDER_FEES, chart.SETTLEMENT_RECEIVABLE, settlement.fees)],
        subject=f"settlement:{settlement.pk}",
        at=at,
        by=by,
    )
