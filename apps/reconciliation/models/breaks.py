"""Differences that nobody has explained yet, what may explain them, and what did."""

from collections.abc import Iterable
from datetime import date
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django_fsm import transition

from apps.core.models import AmountField, CurrencyField
from apps.core.states import Stateful, state_field, states_hold
from apps.ledger.models import Entry
from apps.reconciliation.models.nights import NightlyRun

BREAK_STATES = (
    "open", "suggested", "matched", "investigating", "waiting_counterparty", "pending_approval", "adjusted", "timing",
    "written_off",
)  # fmt: skip
BREAK_TYPES = (
    "missing_internal", "missing_external", "amount", "date", "duplicate", "currency", "wrong_account", "fee",
    "misallocated", "status", "stale_price",
)  # fmt: skip
CLOSED_BREAKS = ("matched", "adjusted", "timing", "written_off")


NEED_APPROVAL = ("adjusted", "written_off")


class BreakQuerySet(models.QuerySet["Break"]):
    """Unexplained differences."""

    def unexplained(self) -> "BreakQuerySet":
        return self.exclude(state__in=CLOSED_BREAKS)


class Break(Stateful):
    """A difference that nobody has explained yet. `amount` is ours less theirs: a surplus is a break, too.

    `version` counts what people and nights did to it: whoever acts says which version was read. Adjusting and writing
    off are proposed with an account of the chart and a reason; beyond the limit of the rules a second person approves.
    """

    key = models.CharField(max_length=120, unique=True, help_text="What differs; the same difference opens one break.")
    run = models.ForeignKey(NightlyRun, on_delete=models.PROTECT, related_name="breaks")
    kind = models.CharField(max_length=20, choices=[(name, name) for name in BREAK_TYPES])
    subject = models.CharField(max_length=80)
    amount = AmountField()
    currency = CurrencyField()
    opened_on: "models.DateField[date, date]" = models.DateField()
    due_on = models.DateField(null=True, blank=True, help_text="When it should be explained, by the rules of its day.")
    text = models.CharField(max_length=300)
    owner = models.CharField(max_length=80, blank=True)
    version = models.PositiveIntegerField(default=0)
    account = models.CharField(max_length=80, blank=True, help_text="Where the difference is to be booked.")
    reason = models.CharField(max_length=300, blank=True)
    proposed_by = models.CharField(max_length=80, blank=True)
    approved_by = models.CharField(max_length=80, blank=True)
    is_small = models.BooleanField(default=False, help_text="Within the limit that one person may decide on.")
    state = state_field(BREAK_STATES)

    objects = BreakQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            states_hold("break", BREAK_STATES),
            models.CheckConstraint(condition=Q(kind__in=BREAK_TYPES), name="break_kind_known"),
            models.CheckConstraint(
                condition=~Q(state__in=NEED_APPROVAL)
                | (~Q(approved_by="") & ~Q(reason="") & (Q(is_small=True) | ~Q(approved_by=models.F("proposed_by")))),
                name="break_two_people",
            ),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["-id"], condition=~Q(state__in=CLOSED_BREAKS), name="break_unexplained"),
            models.Index(fields=["subject"], name="break_subject"),
            models.Index(fields=["-id"], condition=Q(state__in=CLOSED_BREAKS), name="break_explained"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"

    @transition(field="state", source="open", target="suggested")
    def suggest(self) -> None: ...

    @transition(
        field="state",
        source=["suggested", "open", "investigating", "waiting_counterparty", "pending_approval"],
        target="matched",
    )
    def accept(self) -> None: ...

    @transition(field="state", source=["open", "suggested"], target="investigating")
    def assign(self, *, owner: str) -> None:
        self.owner = owner

    @transition(field="state", source="investigating", target="waiting_counterparty")
    def ask_counterparty(self) -> None: ...

    @transition(field="state", source=["investigating", "waiting_counterparty"], target="pending_approval")
    def ask_approval(self, *, account: str, because: str, proposed_by: str, is_small: bool) -> None:
        self.account, self.reason = account, because
        self.proposed_by, self.is_small, self.approved_by = proposed_by, is_small, ""

    @transition(field="state", source="pending_approval", target="investigating")
    def refuse(self) -> None: ...

    @transition(field="state", source=["waiting_counterparty", "pending_approval"], target="adjusted")
    def adjust(self, *, approved_by: str) -> None:
        self.approved_by = approved_by

    @transition(
        field="state",
        source=["open", "suggested", "investigating", "waiting_counterparty", "pending_approval"],
        target="timing",
    )
    def arrive_late(self) -> None: ...

    @transition(field="state", source="pending_approval", target="written_off")
    def write_off(self, *, approved_by: str) -> None:
        self.approved_by = approved_by

    @transition(field="state", source=list(CLOSED_BREAKS), target="investigating")
    def reopen(self, *, owner: str) -> None:
        self.owner = owner


class BreakNote(models.Model):
    """What somebody wrote about a break, and the paper that came with it. Append-only."""

    unexplained = models.ForeignKey(Break, on_delete=models.PROTECT, related_name="notes")
    text = models.CharField(max_length=2000)
    name = models.CharField(max_length=140, blank=True, help_text="Of the file, as it was sent.")
    media_type = models.CharField(max_length=60, blank=True)
    content = models.BinaryField(blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    by = models.CharField(max_length=80)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=~Q(text="") | ~Q(name=""), name="break_note_says_something")
        ]

    def __str__(self) -> str:
        return self.text[:60] or self.name


class Suggestion(models.Model):
    """What may explain a break: bank lines and expected movements that a rule finds close, for a person to judge."""

    unexplained = models.ForeignKey(Break, on_delete=models.PROTECT, related_name="suggestions")
    rule = models.CharField(max_length=60)
    kind = models.CharField(max_length=12)
    lines = models.JSONField(help_text="Keys of bank lines.")
    expected = models.JSONField(help_text="Keys of movements that we expected.")
    difference = AmountField(help_text="The lines' sum less the expected sum.")
    account = models.CharField(max_length=12)
    share = models.DecimalField(max_digits=12, decimal_places=8, help_text="The difference as a share of the expected.")
    days = models.PositiveSmallIntegerField(help_text="Between the two dates that are farthest apart.")
    alike = models.PositiveSmallIntegerField(default=1, help_text="How many candidates were as good.")
    accepted_by = models.CharField(max_length=80, blank=True)
    declined_by = models.CharField(max_length=80, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["unexplained", "lines", "expected"], name="suggestion_once"),
            models.CheckConstraint(condition=Q(accepted_by="") | Q(declined_by=""), name="suggestion_one_verdict"),
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.lines} {self.expected}"


class ClearingQuerySet(models.QuerySet["Clearing"]):
    """What was found to explain one another."""

    def standing(self) -> "ClearingQuerySet":
        return self.filter(undone_at=None)

    def expecting(self, keys: Iterable[str]) -> set[str]:
        """Which of the expected movements with these keys are cleared."""
        asked = set(keys)
        lists = self.filter(expected__has_any_keys=list(asked)).values_list("expected", flat=True)
        return asked.intersection(set().union(*lists)) if asked else set()


class Clearing(models.Model):
    """Bank lines and expected movements that explain one another, and the entry that booked it; taken back, not
    deleted. With a side empty it is what a person decided about the other."""

    key = models.CharField(max_length=160, unique=True, help_text="Deterministic: the same money is cleared once.")
    rule = models.CharField(max_length=60)
    lines = models.JSONField()
    expected = models.JSONField()
    difference = AmountField(help_text="The lines' sum less the expected sum, booked to `account`.")
    account = models.CharField(max_length=80, blank=True)
    currency = CurrencyField()
    business_date = models.DateField()
    entry = models.ForeignKey(Entry, null=True, on_delete=models.PROTECT, related_name="+")
    by = models.CharField(max_length=80)
    at = models.DateTimeField()
    undone_by = models.CharField(max_length=80, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    objects = ClearingQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=Q(undone_by="", undone_at=None) | (~Q(undone_by="") & Q(undone_at__isnull=False)),
                name="clearing_undone_by_a_name",
            ),
            models.CheckConstraint(condition=Q(difference=0) | ~Q(account=""), name="clearing_books_its_difference"),
        ]
        indexes: ClassVar[list[Any]] = [models.Index(fields=["business_date"], name="clearing_by_date")]

    def __str__(self) -> str:
        return self.key


RULE_BOOK_STATES = ("proposed", "active", "retired", "dropped")


class RuleBook(Stateful):
    """The rules of matching and of breaks, whole: a change is a new number, which a second person activates."""

    number = models.PositiveIntegerField(unique=True)
    rules = models.JSONField()
    due_days = models.JSONField(help_text="Business days to explain a break, by its kind.")
    large_amount = AmountField(help_text="A break of this amount or more is due the next business day.")
    write_off_limit = AmountField(help_text="What one person may adjust or write off alone.")
    reason = models.CharField(max_length=300)
    proposed_by = models.CharField(max_length=80)
    approved_by = models.CharField(max_length=80, blank=True)
    state = state_field(RULE_BOOK_STATES)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            states_hold("rule_book", RULE_BOOK_STATES),
            models.UniqueConstraint(fields=["state"], condition=Q(state="active"), name="rule_book_one_active"),
            models.CheckConstraint(
                condition=~Q(state__in=["active", "retired"])
                | (~Q(approved_by="") & ~Q(approved_by=models.F("proposed_by"))),
                name="rule_book_two_people",
            ),
            models.CheckConstraint(condition=Q(write_off_limit__gte=0), name="rule_book_limit_not_negative"),
        ]

    def __str__(self) -> str:
        return f"rules {self.number}"

    @transition(field="state", source="proposed", target="active")
    def activate(self, *, approved_by: str) -> None:
        self.approved_by = approved_by

    @transition(field="state", source="proposed", target="dropped")
    def drop(self) -> None: ...

    @transition(field="state", source="active", target="retired")
    def retire(self) -> None: ...
