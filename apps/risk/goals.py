"""Goals: set where a reason holds a limit back, looked at again by every assessment."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from apps.core import bulk
from apps.risk.models import Assessment, Goal
from apps.risk.path import is_reached, path_to_yes
from apps.risk.scorecard import thawed
from apps.sellers.models import Seller


def review_goals(*, assessments: Sequence[Assessment], business_date: date) -> None:
    """Note which open goals are reached by the figures of `assessments`, and set one for each reason without.

    Four statements, however many sellers. Only sellers for whom somebody has signed up have goals: nobody else could
    see them. Asked again for the same date, nothing changes.
    """
    by_seller = {one.seller_id: one for one in assessments}
    joined = Seller.objects.filter(pk__in=list(by_seller), user__isnull=False).values_list("pk", flat=True)
    sellers = set(joined)
    if not sellers:
        return
    goals = list(Goal.objects.open().filter(seller_id__in=sellers))
    reached = [
        goal
        for goal in goals
        if is_reached(Decimal(str(by_seller[goal.seller_id].features[goal.name])), goal.target, below=goal.below)
    ]
    bulk.update_rows(Goal, ["reached_on"], [(goal.pk, business_date) for goal in reached])
    done = {goal.pk for goal in reached}
    standing = {(goal.seller_id, goal.name) for goal in goals if goal.pk not in done}
    bulk.copy_instances(
        [goal for key in sorted(sellers) for goal in _fresh(by_seller[key]) if (key, goal.name) not in standing]
    )


def _fresh(assessment: Assessment) -> list[Goal]:
    return [
        Goal(
            seller_id=assessment.seller_id,
            name=way.name,
            target=way.target,
            below=way.below,
            started_at=way.now.quantize(Decimal("0.0001")),
            set_on=assessment.business_date,
        )
        for way in path_to_yes(thawed(assessment.features)).ways
        if way.target is not None
    ]
