"""The page on which a person proves that it is they: what every view that asks for it shares."""

from datetime import datetime
from typing import Any

from allauth.core import ratelimit
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from apps.portal.doors import SignedIn
from apps.portal.entrance import show_code_in_demo
from apps.users.contacts import NotReached
from apps.users.step_up import StepUpForm, code_was_sent, needs_code, passkey_question, send_code

TOO_MANY = 429


def begin_step_up(request: SignedIn, *, purpose: str) -> HttpResponse | None:
    """Send a code for `purpose` to a person without a second factor of their own. An answer only when that was asked
    for too often; a message that could not be sent is said on the next page."""
    user = request.user
    if not needs_code(user):
        return None
    if not may_send_code(request, f"step-up {user.actor}"):
        return too_many_codes(request)
    try:
        digits = send_code(request, user=user, purpose=purpose, at=timezone.now())
    except NotReached as failure:
        messages.error(request, str(failure))
    else:
        show_code_in_demo(request, digits)
    return None


def may_send_code(request: SignedIn, key: str) -> bool:
    """Whether another code may be sent now; it counts."""
    return bool(ratelimit.consume(request, action="request_login_code", key=key))


def too_many_codes(request: SignedIn) -> HttpResponse:
    """What is answered when codes were asked for too often."""
    return render(request, "429.html", status=TOO_MANY)


def step_up_form(request: SignedIn, *, purpose: str, at: datetime) -> StepUpForm:
    """The form, bound when it was sent."""
    typed = request.POST if request.method == "POST" else None
    return StepUpForm(typed, request=request, user=request.user, purpose=purpose, at=at)


def step_up_words(request: SignedIn, form: StepUpForm) -> dict[str, Any]:
    """What `components/step_up.html` prints."""
    return {
        "form": form,
        "needs_code": needs_code(request.user),
        "was_sent": code_was_sent(request, form.purpose),
        "passkey": passkey_question(request.user),
    }
