"""The books' own calendar: which business date an event of now belongs to, and which dates are closed."""

from datetime import date

from apps.core.dates import DAY
from apps.ledger.models import Books


class DateClosed(ValueError):
    """The business date is closed; its entries are final and a correction belongs to an open date."""


def open_books(*, first_date: date) -> Books:
    """The books' calendar, starting it the day before `first_date` when there is none yet."""
    books, _made = Books.objects.get_or_create(
        id=1, defaults={"frozen_through": first_date - DAY, "closed_through": first_date - DAY}
    )
    return books


def booking_date(asked: date) -> date:
    """The business date on which an event of `asked` is booked: `asked` itself, or the first date not yet frozen.

    Call inside a transaction: the calendar is held in share until it ends, so that no night starts in between.
    """
    books = _held_books()
    return asked if books is None or asked > books.frozen_through else books.frozen_through + DAY


def open_date(asked: date) -> date:
    """What `booking_date` would answer now, for pages that only show: nobody waits for it, a night may overtake it."""
    frozen = Books.objects.filter(id=1).values_list("frozen_through", flat=True).first()
    return asked if frozen is None or asked > frozen else frozen + DAY


def freeze(through: date) -> None:
    """Keep dates through `through` for the night alone. Waits for writers under way."""
    Books.objects.filter(id=1, frozen_through__lt=through).update(frozen_through=through)


def close(through: date) -> None:
    """Take no entry dated through `through` any more."""
    Books.objects.filter(id=1, closed_through__lt=through).update(closed_through=through)


def is_closed(business_date: date) -> bool:
    """Whether `business_date` takes no more entries. Call inside a transaction, as `must_be_open`."""
    books = _held_books()
    return books is not None and business_date <= books.closed_through


def must_be_open(business_date: date) -> None:
    """Raises DateClosed when `business_date` takes no more entries.

    Call inside a transaction: the calendar is held in share until it ends, so that the date is not closed in between.
    """
    if is_closed(business_date):
        raise DateClosed(f"{business_date} is closed. Nothing was posted. Book this on an open business date.")


def _held_books() -> Books | None:
    return next(iter(Books.objects.raw("SELECT * FROM ledger_books WHERE id = 1 FOR SHARE")), None)
