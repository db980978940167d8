"""What people do with breaks. Each act says which `version` of the break was read, is done once, and leaves a trace.

A break that is adjusted, written off or matched posts its entry by itself, on the business date that is open at
`asked_on`. All raise Refused, with a sentence, when the act makes no sense as the break stands, Stale when somebody
else came first; Break.DoesNotExist. Then nothing was changed.
"""

import hashlib
import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.banking.models import BankLine, Instruction
from apps.core.models import Transition
from apps.core.states import TransitionNotAllowed
from apps.evidence.services import record
from apps.ledger import chart
from apps.ledger.calendar import booking_date
from apps.reconciliation.clearing import NotCleared, clear, undo
from apps.reconciliation.matching import expected_settlements
from apps.reconciliation.models import CLOSED_BREAKS, Break, BreakNote, Clearing, Suggestion
from apps.reconciliation.rules import rules_in_force
from apps.reconciliation.suggesting import key_of, subject_of

ACCOUNTS = (chart.SUSPENSE, chart.BANK_CHARGES, chart.DIFFERENCES)
LARGEST_FILE = 2 * 1024 * 1024
MOST_NOTES, MOST_AT_ONCE = 100, 200
# What a file of each type begins with: a name proves nothing.
FILE_TYPES = {
    "application/pdf": b"%PDF-",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
    "text/plain": b"",
}
BINARY = FILE_TYPES.keys() - {"text/plain"}


class Refused(ValueError):
    """The act makes no sense as the break stands. Nothing was changed."""


class Stale(Refused):
    """Somebody else (`by`) acted on the break since it was read; `state` is what it came to. Nothing was changed."""

    def __init__(self, by: str, state: str) -> None:
        super().__init__(_("Somebody else came first. Nothing was changed; look again."))
        self.by, self.state = by, state


@dataclass(frozen=True, slots=True)
class Paper:
    """A file as somebody sent it."""

    name: str
    content: bytes


def take(*, break_id: int, version: int, at: datetime, by: str) -> Break:
    """Look into a break: it is `by`'s from now on."""
    with transaction.atomic():
        return _moved(_held(break_id, version), "assign", at, by, owner=by)


def ask_counterparty(*, break_id: int, version: int, reason: str, at: datetime, by: str) -> Break:
    """Wait for the other side; `reason` says whom was asked what."""
    with transaction.atomic():
        return _moved(_held(break_id, version), "ask_counterparty", at, by, reason=_said(reason))


def accept(*, suggestion_id: int, version: int, asked_on: date, at: datetime, by: str) -> Break:
    """Take a suggestion as the explanation: its lines and movements are cleared, and every break about them closes.

    A difference goes to small differences when one person may decide on as much; else it is refused, to be adjusted.
    """
    with transaction.atomic():
        found = Suggestion.objects.select_related("unexplained").get(pk=suggestion_id)
        one = _held(found.unexplained_id, version)
        _must_allow(one, "accept")
        if abs(found.difference) > rules_in_force(one.currency).write_off_limit:
            raise Refused(
                _("The two sides differ by more than one person may decide on. Adjust the break: another approves it.")
            )
        on = booking_date(asked_on)
        cleared = _clear(one, found.rule, found.lines, found.expected, chart.DIFFERENCES, on, at, by)
        Suggestion.objects.filter(pk=found.pk).update(accepted_by=by, decided_at=at)
        subjects = [subject_of(key) for key in (*found.lines, *found.expected)]
        others = Break.objects.unexplained().select_for_update().filter(subject__in=subjects).exclude(pk=one.pk)
        for other in [one, *others.order_by("pk")]:
            other.version += other.pk != one.pk
            _moved(other, "accept", at, by, reason=found.rule)
            _record(other, cleared, on, at, by)
        return one


def accept_many(*, chosen: Sequence[tuple[int, int]], asked_on: date, at: datetime, by: str) -> tuple[int, list[str]]:
    """Accept suggestions, each (id, version) by itself: how many were done, and why the others were not."""
    if len(chosen) > MOST_AT_ONCE:
        raise Refused(_("Choose at most %(number)s at a time. Nothing was changed.") % {"number": MOST_AT_ONCE})
    done, refusals = 0, []
    for suggestion_id, version in chosen:
        try:
            accept(suggestion_id=suggestion_id, version=version, asked_on=asked_on, at=at, by=by)
            done += 1
        except Suggestion.DoesNotExist:
            refusals.append(_("A suggestion is not there any more."))
        except Refused as refusal:
            one = Break.objects.filter(suggestions=suggestion_id).values_list("pk", flat=True).first()
            refusals.append(f"B-{one}: {refusal}")
    return done, refusals


def decline(*, suggestion_id: int, version: int, at: datetime, by: str) -> Break:
    """Say that a suggestion does not explain its break. It stays on record, and no rule is learned from its like."""
    with transaction.atomic():
        found = Suggestion.objects.get(pk=suggestion_id)
        one = _held(found.unexplained_id, version)
        if found.accepted_by:
            raise Refused(_("This suggestion was accepted. Nothing was changed."))
        Suggestion.objects.filter(pk=found.pk).update(declined_by=by, decided_at=at)
        one.save(update_fields=["version"])
        return one


def propose(*, break_id: int, version: int, account: str, reason: str, asked_on: date, at: datetime, by: str) -> Break:
    """Book the difference of a break to `account` of the chart; to small differences is to write it off.

    Within the limit of the rules it is done at once; beyond, a second person has to approve it.
    """
    with transaction.atomic():
        one = _held(break_id, version)
        if account not in ACCOUNTS:
            raise Refused(_("Choose where the difference is to be booked."))
        reason = _said(reason)
        _legs(one)
        if one.can("assign"):
            one.move("assign", at=at, by=by, owner=by)
        small = abs(one.amount) <= rules_in_force(one.currency).write_off_limit
        _moved(one, "ask_approval", at, by, reason, account=account, because=reason, proposed_by=by, is_small=small)
        return _conclude(one, asked_on, at, by) if small else one


def approve(*, break_id: int, version: int, asked_on: date, at: datetime, by: str) -> Break:
    """Do, as the second person, what the first proposed."""
    with transaction.atomic():
        one = _held(break_id, version)
        if one.state != "pending_approval":
            raise Refused(_("Nothing waits for approval here. Nothing was changed."))
        if one.proposed_by == by:
            raise Refused(_("Whoever proposed this cannot approve it: another person must."))
        return _conclude(one, asked_on, at, by)


def refuse(*, break_id: int, version: int, reason: str, at: datetime, by: str) -> Break:
    """Turn down what was proposed: the break is looked into again."""
    with transaction.atomic():
        return _moved(_held(break_id, version), "refuse", at, by, reason=_said(reason))


def reopen(*, break_id: int, version: int, reason: str, asked_on: date, at: datetime, by: str) -> Break:
    """Look into a closed break again: what was cleared for it is taken back, its entry reversed.

    Other breaks that the same clearing closed are open again too.
    """
    with transaction.atomic():
        one = _held(break_id, version)
        _must_allow(one, "reopen")
        reason = _said(reason)
        on = booking_date(asked_on)
        cleared = _clearing_of(one)
        again = [one]
        if cleared is not None:
            _undo(cleared, on, at, by)
            subjects = [subject_of(key) for key in (*cleared.lines, *cleared.expected)]
            others = Break.objects.select_for_update().filter(subject__in=subjects, state="matched").exclude(pk=one.pk)
            again += others.order_by("pk")
        for other in again:
            other.version += other.pk != one.pk
            _moved(other, "reopen", at, by, reason=reason, owner=by)
            _record(other, cleared, on, at, by)
        return one


def note(*, break_id: int, text: str, paper: Paper | None = None, at: datetime, by: str) -> BreakNote:
    """Write something down about a break, with a PDF, picture or text file of at most LARGEST_FILE bytes."""
    with transaction.atomic():
        one = Break.objects.select_for_update().get(pk=break_id)
        if not text.strip() and paper is None:
            raise Refused(_("Write something, or choose a file."))
        if one.notes.count() >= MOST_NOTES:
            raise Refused(_("So much was written about this break that nobody would read more."))
        facts = {} if paper is None else _checked(paper)
        return BreakNote.objects.create(unexplained=one, text=text.strip()[:2000], at=at, by=by, **facts)


def _checked(paper: Paper) -> dict[str, object]:
    if len(paper.content) > LARGEST_FILE:
        raise Refused(_("The file is larger than 2 MB. Nothing was kept; send a smaller one."))
    media_type = next(
        (kind for kind, start in FILE_TYPES.items() if start and paper.content.startswith(start)), "text/plain"
    )
    if media_type == "text/plain" and not _is_text(paper.content):
        raise Refused(_("Only PDF, PNG, JPEG and plain text can be kept. Nothing was kept."))
    name = paper.name.replace("\\", "/").rpartition("/")[2].strip()[:140]
    named, _packed = mimetypes.guess_type(name)
    if named not in (None, media_type) and {named, media_type} & BINARY:
        raise Refused(_("The file is not what its name says. Nothing was kept; save it anew and send that."))
    return {
        "name": name or "file",
        "media_type": media_type,
        "content": paper.content,
        "sha256": hashlib.sha256(paper.content).hexdigest(),
    }


def _is_text(content: bytes) -> bool:
    try:
        return "\x00" not in content.decode() and bool(content.strip())
    except UnicodeDecodeError:
        return False


def _held(break_id: int, version: int) -> Break:
    """The break, held until the transaction ends, its version raised."""
    one = Break.objects.select_for_update().get(pk=break_id)
    if one.version != version:
        last = Transition.of(one).last()
        raise Stale(last.by if last else "", one.state)
    one.version += 1
    return one


def _said(reason: str) -> str:
    if not reason.strip():
        raise Refused(_("Say why: the reason stays with the break for good."))
    return reason.strip()[:300]


def _must_allow(one: Break, verb: str) -> None:
    if not one.can(verb):
        raise Refused(_("As the break stands this cannot be done. Nothing was changed."))


def _moved(one: Break, verb: str, at: datetime, by: str, reason: str = "", **changes: Any) -> Break:
    try:
        one.move(verb, at=at, by=by, reason=reason, **changes)
    except TransitionNotAllowed as error:
        raise Refused(_("As the break stands this cannot be done. Nothing was changed.")) from error
    return one


def _legs(one: Break) -> tuple[list[str], list[str]]:
    """What an adjustment of this break clears: its bank line with what that was for, or what never came."""
    key = key_of(one.subject)
    if key.startswith("bank_line:"):
        return [key], _asked_by(one)
    if key.startswith("settlement:"):
        return [], [key]
    if key.startswith("instruction:"):
        raise Refused(_("This payment is still owed: send it again, or wait for the bank. It cannot be written off."))
    return [], []  # a control total or an order: explained in words, for no row of money of ours stands behind it


def _asked_by(one: Break) -> list[str]:
    """The movement whose reference the line of a break about an amount carries."""
    line = BankLine.objects.get(pk=int(one.subject.partition(":")[2]))
    if one.kind not in ("amount", "fee"):
        return []
    asked = Instruction.objects.unconfirmed().filter(reference=line.reference, from_purpose=line.purpose).first()
    if asked is not None:
        return [f"instruction:{asked.pk}"] if line.amount < 0 else []
    settlement = expected_settlements(line.booked_on).get(line.reference)
    return [settlement.explained_by] if settlement else []


def _conclude(one: Break, asked_on: date, at: datetime, by: str) -> Break:
    on = booking_date(asked_on)
    lines, expected = _legs(one)
    cleared = _clear(one, "by hand", lines, expected, one.account, on, at, by) if lines or expected else None
    verb = "write_off" if one.account == chart.DIFFERENCES else "adjust"
    _moved(one, verb, at, by, one.reason, approved_by=by)
    if cleared is not None:
        subjects = [subject_of(key) for key in (*lines, *expected)]
        others = Break.objects.unexplained().select_for_update().filter(subject__in=subjects).exclude(pk=one.pk)
        for other in others:
            other.version += 1
            _moved(other, "accept", at, by, reason=f"B-{one.pk}")
    _record(one, cleared, on, at, by)
    return one


def _clear(
    one: Break, rule: str, lines: list[str], expected: list[str], account: str, on: date, at: datetime, by: str
) -> Clearing:
    try:
        return clear(
            rule=rule, lines=lines, expected=expected, account=account, business_date=on, currency=one.currency,
            at=at, by=by,
        )  # fmt: skip
    except NotCleared as refusal:
        raise Refused(str(refusal)) from refusal


def _undo(cleared: Clearing, on: date, at: datetime, by: str) -> None:
    try:
        undo(clearing_id=cleared.pk, business_date=on, at=at, by=by)
    except NotCleared as refusal:
        raise Refused(str(refusal)) from refusal


def _clearing_of(one: Break) -> Clearing | None:
    key = key_of(one.subject)
    side = "lines" if key.startswith("bank_line:") else "expected"
    return Clearing.objects.standing().filter(**{f"{side}__has_key": key}).order_by("-pk").first()


def _record(one: Break, cleared: Clearing | None, on: date, at: datetime, by: str) -> None:
    payload = {
        "kind": one.kind,
        "amount": str(one.amount),
        "currency": one.currency,
        "state": one.state,
        "clearing": cleared.key if cleared else "",
        "entry": cleared.entry.key if cleared and cleared.entry else "",
        "reason": hashlib.sha256(one.reason.encode()).hexdigest() if one.reason else "",
    }
    kind = "break_closed" if one.state in CLOSED_BREAKS else "break_reopened"
    record(kind=kind, subject=f"break:{one.pk}", payload=payload, business_date=on, at=at, by=by)
