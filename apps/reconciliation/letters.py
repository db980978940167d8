"""Letters to the staff: last night in the morning, tonight's breaks at five, an alarm when a night is silent."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from apps.reconciliation.models import Letter, NightlyChunk, NightlyRun
from apps.reconciliation.night import missing_dates
from apps.reconciliation.report import night_report
from apps.reconciliation.suggesting import forecast
from apps.tenants.models import Platform
from apps.users.models import Role, User

MORNING, AFTERNOON = time(7), time(17)
SILENCE = timedelta(minutes=15)
# Words of a letter: its subject and its lines, in the language that is active when they are asked for.
Words = Callable[[], tuple[str, list[str]]]


def silent_night(*, platform: Platform, at: datetime) -> date | None:
    """The oldest due date whose night gave no sign for SILENCE: not begun, or no piece done; None when all is well."""
    due = next(iter(missing_dates(platform=platform, through=platform.last_due_date(at))), None)
    if due is None:
        return None
    cut_off = datetime.combine(due + timedelta(days=1), platform.cut_off, tzinfo=platform.zone)
    run = NightlyRun.objects.filter(business_date=due).first()
    signs = [cut_off]
    if run is not None:
        signs += [run.started_at] if run.started_at else []
        last = NightlyChunk.objects.filter(run=run).exclude(done_at=None).order_by("-done_at").first()
        signs += [last.done_at] if last is not None and last.done_at else []
    return due if at - max(signs) > SILENCE else None


def write_due_letters(*, platform: Platform, at: datetime) -> list[Letter]:
    """Write what is due at `at` by the platform's own clock; what was written before is not written again.

    The morning's letter waits until the night is over; the afternoon's forecasts the date that is open.
    """
    local, today = at.astimezone(platform.zone), platform.business_date(at)
    sent: list[Letter | None] = []
    silent = silent_night(platform=platform, at=at)
    if silent is not None:
        sent.append(_write("alarm", silent, lambda: _alarm(silent), platform, at))
    if local.time() >= MORNING:
        night = NightlyRun.objects.filter(business_date=platform.last_due_date(at)).first()
        if night is not None and night.is_over:
            sent.append(_write("morning", night.business_date, lambda: _morning(night, platform), platform, at))
    if local.time() >= AFTERNOON:
        sent.append(_write("forecast", today, lambda: _forecast(today, platform), platform, at))
    return [one for one in sent if one is not None]


def _write(kind: str, day: date, words: Words, platform: Platform, at: datetime) -> Letter | None:
    """One letter to each of the staff in their own language. Unsent mail leaves no row, so that it is tried again."""
    with transaction.atomic():
        letter, is_new = Letter.objects.get_or_create(kind=kind, business_date=day, defaults={"sent_at": at})
        if not is_new:
            return None
        for user in User.objects.filter(role=Role.STAFF, is_active=True).exclude(email=None).order_by("pk"):
            with translation.override(user.language):
                subject, lines = words()
                body = "\n".join([*lines, "", _address(platform, kind, day)])
                EmailMessage(f"{platform.local_name(user.language)}: {subject}", body, to=[str(user.email)]).send()
                letter.subject = subject[:200]
        letter.save(update_fields=["subject"])
        return letter


def _address(platform: Platform, kind: str, day: date) -> str:
    domain = platform.domains.filter(is_primary=True).first()
    scheme = "https" if getattr(settings, "SECURE_SSL_REDIRECT", False) else "http"
    page = {"morning": f"/desk/nights/{day}/", "forecast": "/desk/forecast/", "alarm": "/desk/"}[kind]
    return f"{scheme}://{domain.domain if domain else ''}{page}"


def _morning(night: NightlyRun, platform: Platform) -> tuple[str, list[str]]:
    report = night_report(night)
    facts = {
        "day": night.business_date, "currency": platform.currency, "swept": report.swept, "paid": report.paid_out,
        "breaks": report.left.breaks, "sum": report.left.unexplained, "aside": len(report.set_aside),
    }  # fmt: skip
    return _("Night of %(day)s: %(breaks)s open breaks") % facts, [
        _("Swept to repayment: %(swept)s %(currency)s") % facts,
        _("Paid out to sellers: %(paid)s %(currency)s") % facts,
        _("Open breaks: %(breaks)s, together %(sum)s %(currency)s") % facts,
        _("Sellers set aside: %(aside)s") % facts,
        _("The control totals are proved.") if report.is_proved else _("The control totals do not close."),
    ]


def _forecast(today: date, platform: Platform) -> tuple[str, list[str]]:
    seen = forecast(business_date=today, country=platform.country, currency=platform.currency)
    facts = {
        "day": today, "new": len(seen.new), "sum": seen.total, "currency": platform.currency, "gone": seen.gone,
        "sure": len(seen.sure),
    }  # fmt: skip
    return _("Tonight, %(day)s: %(new)s new breaks to be expected") % facts, [
        _("New breaks as it looks now: %(new)s, together %(sum)s %(currency)s") % facts,
        _("Breaks that would close by themselves: %(gone)s") % facts,
        _("Matches that the night would make: %(sure)s") % facts,
    ]


def _alarm(silent: date) -> tuple[str, list[str]]:
    return _("The night of %(day)s gives no sign") % {"day": silent}, [
        _("No piece of it was done for 15 minutes. Nothing is lost: it goes on where it stopped."),
        _("Look whether workers, broker and database are running, then press “Run it now” at the desk."),
    ]
