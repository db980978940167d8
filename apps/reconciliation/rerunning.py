"""Doing again what a night set aside: one seller's piece, now, instead of waiting for the next night."""

from datetime import datetime

from django.db import InterfaceError, OperationalError, transaction
from django.utils.translation import gettext as _

from apps.ledger.calendar import DateClosed
from apps.reconciliation import works
from apps.reconciliation.models import NightlyChunk, SetAside
from apps.repayment.booking import Booking, booking_beside
from apps.sellers.models import Seller
from apps.tenants.models import Platform


class NotRerun(ValueError):
    """What was set aside stays set aside; the message says why. Nothing was changed."""


def rerun(*, set_aside_id: int, platform: Platform, at: datetime, by: str) -> SetAside:
    """Do the piece of a seller who was set aside again, in the books of its own date, while that date is still open.

    What is made good already stays as it is. Raises NotRerun with the error when the piece fails again, or when its
    date has been closed since: then the next night catches it up.
    """
    try:
        with transaction.atomic():
            found = SetAside.objects.select_for_update(of=("self",)).select_related("run").get(pk=set_aside_id)
            if found.resolved_at is None:
                chunk = _chunk(found)
                result = works.do(works.Piece(chunk, platform, found.run.business_date, at, by, _booking(found)))
                alone = {"first_seller": chunk.first_seller, "last_seller": chunk.last_seller}
                found.run.chunks.filter(work=chunk.work, **alone).update(result=result, error="")
                found.resolved_at = at
                found.save(update_fields=["resolved_at"])
            return found
    except DateClosed as closed:
        raise NotRerun(_("This date is closed. The next night catches the seller up by itself.")) from closed
    except (SetAside.DoesNotExist, OperationalError, InterfaceError):
        raise
    except Exception as error:
        SetAside.objects.filter(pk=set_aside_id).update(error=str(error))
        raise NotRerun(_("It failed again: %(error)s") % {"error": str(error)[:200]}) from error


def _booking(found: SetAside) -> Booking | None:
    """Where a seller who is closed after the others is booked: the night's payments may be counted already."""
    if found.work != "close":
        return None
    Seller.objects.select_for_update().get(pk=found.seller_id)
    return booking_beside(found.run.business_date)


def _chunk(found: SetAside) -> NightlyChunk:
    return NightlyChunk(run=found.run, work=found.work, first_seller=found.seller_id, last_seller=found.seller_id)
