"""Handing messages to e-mail and telephone: once each, tried again after a fault, the outcome kept on its row."""

from collections.abc import Callable
from datetime import datetime

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from apps.core.sms import send_sms
from apps.financing.models import Contract
from apps.portal.messaging.words import Spoken, as_text_message, speak
from apps.sellers.models.message import Channel, Delivery
from apps.sellers.services.messages import note_outcome
from apps.tenants.services import current_platform
from apps.users.models import User

Clock = Callable[[], datetime]
MOST_AT_ONCE = 500


def deliver_due(*, clock: Clock, number: int = MOST_AT_ONCE) -> int:
    """Hand over what is due, at most `number` deliveries; returns how many were tried.

    Each is taken by one worker and marked in its own transaction, so that whoever comes at the same time takes others,
    and a task delivered twice finds nothing left.
    """
    tried = 0
    while tried < number and _deliver_next(clock()):
        tried += 1
    return tried


def _deliver_next(at: datetime) -> bool:
    with transaction.atomic():
        waiting = Delivery.objects.due(at).select_for_update(skip_locked=True, of=("self",))
        delivery = waiting.select_related("message__seller__user").first()
        if delivery is None:
            return False
        note_outcome(delivery=delivery, fault=_handed_over(delivery), at=at)
        return True


def _handed_over(delivery: Delivery) -> str:
    """Nothing, or the kind of fault that kept the message here. Neither address nor text is logged."""
    user = delivery.message.seller.user
    address = user and (user.email if delivery.channel == Channel.EMAIL else user.phone)
    if user is None or not user.is_active or not address:
        return "no address"
    try:
        with translation.override(user.language):
            SENDERS[delivery.channel](delivery, user, address)
    except Exception as error:  # noqa: BLE001  whatever a gateway raises, the row says so and the next attempt comes
        structlog.get_logger().warning("message not delivered", delivery=delivery.pk, fault=type(error).__name__)
        return type(error).__name__
    return ""


def _by_email(delivery: Delivery, user: User, address: str) -> None:
    platform = current_platform()
    spoken = speak(delivery.message)
    page = {
        "spoken": spoken,
        "link": _address() + spoken.href,
        "platform": platform.local_name(user.language),
        "choices": _address() + "/messages/settings/",
        "language": user.language,
    }
    mail = EmailMultiAlternatives(
        subject=_subject(spoken),
        body=render_to_string("messages/email.txt", page),
        to=[address],
        headers={"Message-ID": f"<{platform.schema_name}.{delivery.pk}@{_host()}>"},
    )
    mail.attach_alternative(render_to_string("messages/email.html", page), "text/html")
    _attach_copy(mail, delivery)
    mail.send()


def _subject(spoken: Spoken) -> str:
    return _("Urgent: %(title)s") % {"title": spoken.title} if spoken.message.is_urgent else spoken.title


def _attach_copy(mail: EmailMultiAlternatives, delivery: Delivery) -> None:
    """Whoever signed a contract gets the stored bytes of it."""
    if delivery.message.kind != "signed":
        return
    contract = Contract.objects.get(pk=int(delivery.message.subject.partition(":")[2]))
    with contract.document.open("rb") as paper:
        mail.attach(contract.document.name.rpartition("/")[2], paper.read(), contract.media_type)


def _by_telephone(delivery: Delivery, user: User, address: str) -> None:
    name = current_platform().local_name(user.language)
    send_sms(address, as_text_message(speak(delivery.message), platform=name, address=_address()))


def _host() -> str:
    return str(current_platform().domains.get(is_primary=True).domain)


def _address() -> str:
    return str(settings.SITE_ADDRESS).format(host=_host())


SENDERS: dict[str, Callable[[Delivery, User, str], None]] = {Channel.EMAIL: _by_email, Channel.SMS: _by_telephone}
