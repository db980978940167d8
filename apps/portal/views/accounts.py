"""Naming another account for one's money: type it, prove that it is you, wait for two people."""

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.portal.doors import SignedIn, come_back_later, for_seller, shown_date
from apps.portal.joining import AccountForm
from apps.portal.proving import begin_step_up, step_up_form, step_up_words
from apps.portal.typed import typed_into
from apps.sellers.models import PayoutChange, Seller
from apps.sellers.services import Account, PayoutChangeRefused, ask_for_payout_change, refuse_payout_change
from apps.tenants.services import current_platform

REFUSED = 422
TYPED, PURPOSE = "new_payout_account", "payout_account"


@require_http_methods(["GET", "HEAD", "POST"])
@for_seller
def change(request: SignedIn, seller: Seller) -> HttpResponseBase:
    """The account now, the accounts before it, and the form for another one."""
    if seller.is_joining():
        return redirect("portal:joining")
    form = AccountForm(typed_into(request), country=current_platform().country)
    if request.method == "POST" and form.is_valid():
        request.session[TYPED] = form.cleaned_data
        return begin_step_up(request, purpose=PURPOSE) or redirect("portal:account_confirm")
    words = {
        "section": "more",
        "seller": seller,
        "form": form,
        "changes": seller.payout_changes.select_related("account", "before").order_by("-pk"),
    }
    return render(request, "portal/account.html", words, status=REFUSED if request.method == "POST" else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@for_seller
@come_back_later
def confirm(request: SignedIn, seller: Seller) -> HttpResponseBase:
    """Prove that it is you; then payouts wait until two people have checked the account."""
    typed = request.session.get(TYPED)
    if not typed:
        return redirect("portal:account")
    if "again" in request.POST:
        return begin_step_up(request, purpose=PURPOSE) or redirect("portal:account_confirm")
    now = timezone.now()
    account = Account(**typed)
    form = step_up_form(request, purpose=PURPOSE, at=now)
    if form.is_valid():
        try:
            ask_for_payout_change(
                seller_id=seller.pk,
                account=account,
                second_factor=form.second_factor.method,
                on=shown_date(now),
                at=now,
                by=request.user.actor,
            )
        except PayoutChangeRefused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("Noted. Two people check it now; until then your money is kept for you."))
        del request.session[TYPED]
        return redirect("portal:account")
    words = {"section": "more", "account": account, **step_up_words(request, form)}
    return render(request, "portal/account_confirm.html", words, status=REFUSED if form.is_bound else 200)


@require_POST
@for_seller
@come_back_later
def take_back(request: SignedIn, seller: Seller) -> HttpResponseBase:
    """Give the change up that is being checked: the account stays as it was."""
    now = timezone.now()
    open_change = PayoutChange.objects.open().filter(seller=seller).first()
    if open_change is not None:
        try:
            refuse_payout_change(
                change_id=open_change.pk,
                reason="taken back by the seller",
                on=shown_date(now),
                at=now,
                by=request.user.actor,
            )
        except PayoutChangeRefused as refusal:
            messages.error(request, str(refusal))
            return redirect("portal:account")
    messages.success(request, _("Your account stays as it was."))
    return redirect("portal:account")
