"""What it takes to repay everything on a day of the reader's choice."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from apps.financing.models import Financing
from apps.portal.events import parts_text
from apps.portal.forms import DayWithinForm, day_field
from apps.repayment.changes import payoff_of
from apps.repayment.quotes import days_quoted
from apps.repayment.waterfall import Parts


class QuoteForm(DayWithinForm):
    """The day on which everything is to be repaid: one of `days_quoted`."""

    on = day_field(gettext_lazy("Repay everything on"))

    def __init__(self, asked: Mapping[str, str], *, today: date) -> None:
        earliest, latest = days_quoted(today)
        super().__init__(asked, earliest=earliest, latest=latest, shown=today)


@dataclass(frozen=True, slots=True)
class Quote:
    """What repays all of `financing` on `on` to the minor unit, if nothing else is paid before; for today, where the
    form's day cannot be quoted."""

    financing: Financing
    form: QuoteForm
    on: date
    owed: Parts

    @property
    def consists_of(self) -> str:
        """Its parts by name, where there is more than one."""
        parts = {name: amount for name, amount in self.owed._asdict().items() if amount}
        return parts_text(parts, self.financing.currency) if len(parts) > 1 else ""


def quote_of(financing: Financing, asked: Mapping[str, str], today: date) -> Quote | None:
    """The quote for the day that `asked` names, else for `today`; None for a financing that does not run."""
    if financing.state != "active":
        return None
    form = QuoteForm(asked, today=today)
    on = form.cleaned_data["on"] if form.is_bound and form.is_valid() else today
    return Quote(financing, form, on, payoff_of(financing, on))


def status_of(quote: Quote | None, request: HttpRequest) -> int:
    """422 for a day that cannot be quoted; 200 to htmx, which shows nothing that came with another."""
    is_refused = quote is not None and quote.form.is_refused
    return 422 if is_refused and not getattr(request, "htmx", False) else 200
