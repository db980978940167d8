"""The ranges of days late that a product sets, as a column of its versions: whole days, rising."""

from collections.abc import Sequence
from itertools import pairwise

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.products.buckets import DEFAULT_ENDS, Bucket, buckets_ending

MOST_ENDS = 8
LATEST_END = 3650
"""Ten years of days: nothing is told apart beyond."""


def default_bucket_ends() -> list[int]:
    return list(DEFAULT_ENDS)


class SetsBuckets(models.Model):
    """In which ranges of days past due the financings of a version stand. It marks them and changes no amount.

    What the database holds of the column stands in migration 0020.
    """

    bucket_ends = ArrayField(
        models.IntegerField(),
        verbose_name=_("buckets of days late"),
        default=default_bucket_ends,
        db_default=list(DEFAULT_ENDS),
        help_text=_(
            "The last day of each, with commas: 30, 60, 90 makes 1-30, 31-60, 61-90 and 90+. Staff and financiers see "
            "them; contracts do not name them."
        ),
    )

    class Meta:
        abstract = True

    @property
    def buckets(self) -> tuple[Bucket, ...]:
        """The ranges, the last of them open."""
        return buckets_ending(self.bucket_ends)


def fault_of_ends(ends: Sequence[int]) -> Promise | str:
    """What is wrong with the last days of buckets, in words; empty when nothing is."""
    if not 1 <= len(ends) <= MOST_ENDS:
        return _("Write the last days of one to eight buckets, such as 30, 60, 90.")
    if ends[0] < 1:
        return _("The first bucket ends on day 1 or later.")
    for earlier, later in pairwise(ends):
        if later <= earlier:
            return _("Each bucket ends later than the one before: %(later)s does not come after %(earlier)s.") % {
                "later": later, "earlier": earlier,
            }  # fmt: skip
    return _("The last of these days is 3,650 at most: ten years.") if ends[-1] > LATEST_END else ""


def check_buckets(version: SetsBuckets) -> None:
    """Raises ValidationError, naming the field, for ranges that are none."""
    fault = fault_of_ends(version.bucket_ends or ())
    if fault:
        raise ValidationError({"bucket_ends": fault})
