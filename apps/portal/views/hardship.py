"""Hard times: a seller asks that nothing be kept from sales for a while."""

import uuid

from django import forms
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from apps.financing.models import Financing
from apps.portal.doors import SignedIn, come_back_later, for_seller, shown_date
from apps.portal.typed import typed_into
from apps.repayment.hardship import LONGEST_ASKED
from apps.repayment.life import Refused
from apps.repayment.relief import ask_for_pause, policy_of
from apps.sellers.models import Seller

REFUSED = 422


class PauseForm(forms.Form):
    """For how long, and why."""

    key = forms.CharField(max_length=60, widget=forms.HiddenInput)
    days = forms.IntegerField(label=gettext_lazy("For how many days?"), min_value=1, max_value=LONGEST_ASKED)
    reason = forms.CharField(
        label=gettext_lazy("What happened?"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("A few words. The people of the platform read it when they have to decide."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@for_seller
@come_back_later
def pause(request: SignedIn, seller: Seller, financing_id: int) -> HttpResponseBase:
    """Ask for a pause; within the policy it begins at once, otherwise a person answers."""
    found = get_object_or_404(
        Financing.objects.select_related("version__product").exclude(disbursed_on=None), pk=financing_id, seller=seller
    )
    policy = policy_of(found)
    form = PauseForm(typed_into(request), initial={"key": uuid.uuid4().hex, "days": policy.days or None})
    refusal = ""
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        try:
            asked = ask_for_pause(
                financing_id=found.pk,
                seller_id=seller.pk,
                asked_on=shown_date(now),
                at=now,
                by=request.user.actor,
                **form.cleaned_data,
            )
        except Refused as no:
            refusal = str(no)
        else:
            messages.success(request, _answer(asked.state))
            return redirect("portal:financing", found.pk)
    page = {
        "section": "money",
        "financing": found,
        "form": form,
        "policy": policy,
        "refusal": refusal,
        "asked": found.pause_requests.order_by("-pk"),
    }
    return render(request, "portal/pause.html", page, status=REFUSED if request.method == "POST" else 200)


def _answer(state: str) -> str:
    if state == "granted":
        return _("Your pause has begun. Nothing is kept from your sales until it ends.")
    if state == "refused":
        return _("This request was answered already. You find the answer below.")
    return _("We have your request. A person looks at it and answers you here; until then everything stays as it is.")
