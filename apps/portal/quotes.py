"""What it takes to repay everything on a day of the reader's choice."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.financing.models import Financing
from apps.portal.events import parts_text
from apps.portal.formats import format_day
from apps.portal.forms import day_field
from apps.repayment.changes import payoff_of
from apps.repayment.quotes import days_quoted
from apps.repayment.waterfall import Parts


class QuoteForm(forms.Form):
    """The day on which everything is to be repaid: one of `days_quoted`."""

    on = day_field(gettext_lazy("Repay everything on"))

    def __init__(self, asked: Mapping[str, str], *, today: date) -> None:
        super().__init__(asked if "on" in asked else None, initial={"on": today})
        self.first, self.last = days_quoted(today)
        self.fields["on"].widget.attrs |= {"min": self.first.isoformat(), "max": self.last.isoformat()}

    def clean_on(self) -> date:
        """The day, where it can be quoted for."""
        on: date = self.cleaned_data["on"]
        if not self.first <= on <= self.last:
            days = {"first": format_day(self.first), "last": format_day(self.last)}
            raise ValidationError(_("Choose a day from %(first)s through %(last)s.") % days)
        return on

    @property
    def is_refused(self) -> bool:
        """Whether a day was asked for that cannot be quoted."""
        return self.is_bound and not self.is_valid()


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
