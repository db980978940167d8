"""A product sets its buckets: named by their days, refused in words and by the database where they are none."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from apps.products.buckets import BUCKETS, Bucket, bucket_of, buckets_ending
from apps.products.models import ProductVersion
from apps.products.terms import Terms
from apps.products.wording import differences
from apps.tenants.models import Platform
from tests.factories import make_product_version

OWN = (7, 15)


def test_buckets_are_named_by_their_days() -> None:
    """Three of a product, and the four that hold where a product sets none."""
    assert buckets_ending(OWN) == (Bucket("1-7", 1, 7), Bucket("8-15", 8, 15), Bucket("15+", 16, None))
    assert buckets_ending((30, 60, 90)) == BUCKETS
    assert [one.name for one in BUCKETS] == ["1-30", "31-60", "61-90", "90+"]
    assert [one.name for one in buckets_ending((1, 3))] == ["1", "2-3", "3+"]  # a bucket of one day


@pytest.mark.parametrize(
    ("days", "own", "usual"),
    [
        (0, "", ""), (1, "1-7", "1-30"), (7, "1-7", "1-30"), (8, "8-15", "1-30"), (15, "8-15", "1-30"),
        (16, "15+", "1-30"), (30, "15+", "1-30"), (31, "15+", "31-60"), (90, "15+", "61-90"), (91, "15+", "90+"),
        (4000, "15+", "90+"),
    ],
)  # fmt: skip
def test_each_day_stands_in_one_bucket(days: int, own: str, usual: str) -> None:
    assert (bucket_of(days, buckets_ending(OWN)), bucket_of(days)) == (own, usual)


def test_a_version_has_the_usual_buckets_until_it_sets_its_own(platform: Platform) -> None:
    usual, own = make_product_version(), make_product_version(bucket_ends=list(OWN))
    usual.refresh_from_db()
    assert (usual.bucket_ends, usual.buckets) == ([30, 60, 90], BUCKETS)
    assert usual.terms.bucket_ends == Terms.__dataclass_fields__["bucket_ends"].default == (30, 60, 90)
    own.refresh_from_db()
    assert (own.terms.bucket_ends, own.buckets) == (OWN, buckets_ending(OWN))
    assert [(one.label, one.before, one.after) for one in differences(usual, own)] == [
        ("Buckets of days late", "1-30; 31-60; 61-90; 90+", "1-7; 8-15; 15+")
    ]


EIGHT = [1, 2, 3, 4, 5, 6, 7, 3650]
NONE: list[tuple[list[int], str]] = [
    ([], "cannot be blank"),
    ([*EIGHT[:7], 8, 9], "one to eight buckets"),
    ([0, 30], "ends on day 1 or later"),
    ([-7], "ends on day 1 or later"),
    ([30, 30], "30 does not come after 30"),
    ([30, 60, 15], "15 does not come after 60"),
    ([30, 3651], "3,650 at most: ten years"),
    ([3651], "3,650 at most: ten years"),
]


@pytest.mark.parametrize(("ends", "said"), NONE, ids=lambda one: str(one)[:24])
def test_what_is_no_range_is_refused_in_words_and_by_the_database(
    platform: Platform, ends: list[int], said: str
) -> None:
    version = make_product_version(state="draft", approved_by="")
    version.bucket_ends = ends
    with pytest.raises(ValidationError) as refusal:
        version.full_clean(exclude=["state"])
    assert said in " ".join(refusal.value.message_dict["bucket_ends"])
    _refused_by_the_database(version, f"{{{','.join(map(str, ends))}}}")


@pytest.mark.parametrize(
    "written", ["{NULL}", "{30,NULL,90}", "{30,60,NULL}", "{{30,60},{90,120}}", "[0:1]={30,60}", None]
)
def test_the_database_refuses_days_that_are_missing(platform: Platform, written: str | None) -> None:
    _refused_by_the_database(make_product_version(state="draft", approved_by=""), written)


def _refused_by_the_database(version: ProductVersion, written: str | None) -> None:
    """`written` as SQL writes arrays, so that nothing stands between it and the guard."""
    refused = pytest.raises(IntegrityError, match=r"product_version_buckets_rise|not-null")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE products_productversion SET bucket_ends = %s WHERE id = %s", [written, version.pk])
    version.refresh_from_db()
    assert version.bucket_ends == [30, 60, 90]


@pytest.mark.parametrize("ends", [[1], [3650], EIGHT, [30, 60, 90, 180, 360]], ids=str)
def test_the_widest_and_the_narrowest_are_taken(platform: Platform, ends: list[int]) -> None:
    version = make_product_version(bucket_ends=ends)
    version.full_clean(exclude=["state"])
    version.refresh_from_db()
    assert version.bucket_ends == ends
    assert len(version.buckets) == len(ends) + 1
