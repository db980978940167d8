"""The base of every state machine: protected state, optimistic lock, and a log row in the same transaction."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, TypeVar, cast

from django.apps import apps
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _
from django_fsm import (
    ConcurrentTransition,
    ConcurrentTransitionMixin,
    FSMField,
    FSMFieldDescriptor,
    FSMFieldMixin,
    TransitionNotAllowed,
    can_proceed,
)

from apps.core import bulk
from apps.core.models import Transition

__all__ = [
    "ConcurrentTransition",
    "Stateful",
    "TransitionNotAllowed",
    "log_birth",
    "move_all",
    "state_field",
    "stateful_models",
    "states_hold",
]


class _StateDescriptor(FSMFieldDescriptor):
    """Lets a row read its own state again. django-fsm's way switches the field's protection off for all threads."""

    def __set__(self, instance: Any, value: Any) -> None:
        if "_is_reading" in instance.__dict__:
            self.field.set_state(instance, value)
        else:
            super().__set__(instance, value)


class _StateField(FSMField):
    descriptor_class = _StateDescriptor

    def deconstruct(self) -> Any:
        """As a plain field without words: nothing moves a row of a migration, and django-fsm looks at every model made
        for each field that it ever saw, which made up half the time of all migrations."""
        name, _path, args, kwargs = super().deconstruct()
        kwargs["choices"] = [(state, state) for state, _word in self.flatchoices]
        for key in ("verbose_name", "protected"):
            kwargs.pop(key, None)
        return name, "django.db.models.CharField", args, kwargs


def state_field(states: Sequence[str]) -> Any:
    """A protected state field over `states`, the first being the state at birth."""
    return _StateField(
        _("state"),
        default=states[0],
        choices=[(state, state) for state in states],
        max_length=24,
        protected=True,
        editable=False,
    )


def states_hold(table: str, states: Sequence[str]) -> models.CheckConstraint:
    """The database's own word on which states exist."""
    return models.CheckConstraint(condition=models.Q(state__in=list(states)), name=f"{table}_state_known")


@cache
def _state_fields(model: type[models.Model]) -> tuple[FSMFieldMixin, ...]:
    return tuple(field for field in model._meta.fields if isinstance(field, FSMFieldMixin))


class Stateful(ConcurrentTransitionMixin, models.Model):
    """A row whose `state` only transitions move. Saving a row whose state has moved meanwhile raises."""

    class Meta:
        abstract = True

    state: Any
    # The states in which rows come into being without a line in the log, for there are too many of them. Empty where
    # every birth is on record.
    born_unlogged: ClassVar[Sequence[str]] = ()

    @property
    def state_fields(self) -> Sequence[FSMFieldMixin]:
        """django-fsm looks for them among all fields for each row that is read; they are one set a model."""
        return _state_fields(type(self))

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        """Check every field but the state, which nobody but a transition sets."""
        super().clean_fields(exclude={*(exclude or ()), "state"})

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        """Read the row again, its state too, without letting other threads set theirs meanwhile."""
        self.__dict__["_is_reading"] = True
        try:
            models.Model.refresh_from_db(self, *args, **kwargs)
        finally:
            del self.__dict__["_is_reading"]
        self._update_initial_state()

    def can(self, verb: str) -> bool:
        """Whether the transition named `verb` is allowed now."""
        return bool(can_proceed(getattr(self, verb)))

    def move(self, verb: str, *, at: datetime, by: str, reason: str = "", **changes: Any) -> None:
        """Call the transition `verb` with `changes`, save the row, and log who, when and why, all or nothing.

        Raises TransitionNotAllowed when the state forbids it, ConcurrentTransition when the row is stale.
        """
        with transaction.atomic():
            source = self.state
            getattr(self, verb)(**changes)
            self.save()
            _log([(self, verb, source)], at=at, by=by, reason=reason)


def stateful_models() -> list[type[Stateful]]:
    """Every model that is a state machine, by name."""
    found = [cast(type[Stateful], model) for model in apps.get_models() if issubclass(model, Stateful)]
    return sorted(found, key=lambda model: str(model._meta.verbose_name))


S = TypeVar("S", bound=Stateful)


def move_all(
    instances: Sequence[S],
    verb: str,
    *,
    at: datetime,
    by: str,
    reason: str = "",
    fields: Sequence[str] = (),
    **changes: Any,
) -> None:
    """`move` for many rows of one model: each instance's own transition, then one UPDATE and one COPY for all.

    `fields` names the columns besides state that the transition or the caller has set. Raises ConcurrentTransition
    when any row's state is no longer what it was when read; then nothing is written.
    """
    if not instances:
        return
    moved = []
    for instance in instances:
        source = instance.state
        getattr(instance, verb)(**changes)
        moved.append((instance, verb, source))
    rows = [(one.pk, one.state, *(getattr(one, name) for name in fields), source) for one, _verb, source in moved]
    with transaction.atomic():
        if bulk.update_rows(type(instances[0]), ["state", *fields], rows, guards=["state"]) != len(rows):
            raise ConcurrentTransition(f"Some {instances[0]._meta.verbose_name_plural} were moved by someone else.")
        _log(moved, at=at, by=by, reason=reason)
    for instance in instances:
        instance._update_initial_state()  # so that the next save of this very instance is not taken for a stale one


def log_birth(instances: Sequence[S], *, at: datetime, by: str, reason: str = "") -> None:
    """Log rows that were just created, and the state each was born in."""
    _log([(instance, "create", "") for instance in instances], at=at, by=by, reason=reason)


def _log(moved: Sequence[tuple[Any, str, str]], *, at: datetime, by: str, reason: str) -> None:
    bulk.copy_rows(
        Transition,
        ["model", "object_id", "verb", "source", "target", "by", "reason", "at"],
        ((one._meta.label_lower, one.pk, verb, source, one.state, by, reason, at) for one, verb, source in moved),
    )
