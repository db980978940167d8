"""What people accepted again and again, as a rule to be proposed. Pure: nothing is applied here."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from apps.reconciliation.passes import Rule
from apps.reconciliation.passes.items import LARGEST_SHARE, LONGEST_WINDOW

# So many alike make a habit; one that was declined among them breaks it.
HABIT = 5


@dataclass(frozen=True, slots=True)
class Judged:
    """A suggestion of close amounts that a person accepted or declined: how far apart the two sides were."""

    account: str
    share: Decimal
    days: int
    accepted: bool


def learn(judged: Iterable[Judged], rules: Sequence[Rule]) -> list[Rule]:
    """A rule for each account where people accepted HABIT or more, as narrow as covers them all.

    None where something as close was declined, where a rule in force accepts as much already, or where the rule would
    be wider than any may be.
    """
    by_account: defaultdict[str, list[Judged]] = defaultdict(list)
    for one in judged:
        by_account[one.account].append(one)
    found = []
    for account, those in sorted(by_account.items()):
        accepted = [one for one in those if one.accepted]
        if len(accepted) < HABIT:
            continue
        share, days = max(one.share for one in accepted), max(one.days for one in accepted)
        declined = any(one.share <= share and one.days <= days for one in those if not one.accepted)
        too_wide = share > LARGEST_SHARE or days > LONGEST_WINDOW
        if not (declined or too_wide or _known(account, share, days, rules)):
            name = f"learned: {account}"
            found.append(Rule("amount", name, share=share, days=days, accounts=frozenset({account})))
    return found


def _known(account: str, share: Decimal, days: int, rules: Sequence[Rule]) -> bool:
    return any(
        rule.kind == "amount"
        and rule.accepts
        and (not rule.accounts or account in rule.accounts)
        and rule.share >= share
        and rule.days >= days
        for rule in rules
    )


def with_learned(rules: Sequence[Rule], learned: Sequence[Rule]) -> tuple[Rule, ...]:
    """The rules with what was learned behind all that accept, in place of what was learned there before."""
    names = {one.name for one in learned}
    kept = [one for one in rules if one.name not in names]
    sure = [one for one in kept if one.accepts]
    return (*sure, *learned, *(one for one in kept if not one.accepts))
