"""A seller of the story who asks for more than policy grants, and the people who decide."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from apps.financing.models import Application, ApprovalLimit
from apps.financing.services import approve_request, ask_for_more, refuse_request, set_approval_limit
from apps.financing.services.requests import Said
from apps.financing.services.standing import seen_of, standing_of
from apps.products.models import ProductVersion
from apps.products.services import set_policy
from apps.sellers.models import Seller
from apps.users.models import Role, User
from tests.factories import make_user
from tests.story import DAY, FIRST, Story

D = Decimal
TODAY = FIRST + DAY
NOTE = "A buyer ordered 3,000 boxes for May."


def asks(story: Story, seller: Seller, amount: str = "20000", day: date = TODAY, text: str = NOTE) -> Application:
    """Ask for `amount` of the advance on sales."""
    version = ProductVersion.objects.active().get(product__code="sales-advance")
    return ask_for_more(
        version_id=version.pk, seller_id=seller.pk, amount=D(amount), said=Said(text), business_date=day,
        zone=story.platform.zone, at=story.at(day), by="user:1",
    )  # fmt: skip


def seen(application: Application, day: date = TODAY) -> str:
    """What a page opened now would carry."""
    fresh = Application.objects.select_related("seller", "version__product").get(pk=application.pk)
    standing = standing_of(fresh.seller, fresh.version, day)
    assert standing is not None
    return seen_of(fresh, standing)


@dataclass
class Desk:
    """The people of the financier, each with a limit, and the sum above which it takes two."""

    story: Story
    day: date = TODAY

    def rules(self, second_above: str = "10000") -> None:
        set_policy(
            rate_cap=D(0), sweep_cap=D(0), second_above=D(second_above), because="the board",
            at=self.story.at(self.day), by="user:1",
        )  # fmt: skip

    def approver(self, most: str, role: Role = Role.APPROVER) -> User:
        """A new person who may approve up to `most` alone."""
        return self.limited(make_user(role=role), most)

    def limited(self, person: User, most: str) -> User:
        """The person, with that limit from now on."""
        row = ApprovalLimit.objects.filter(person=person).first() or ApprovalLimit(person=person)
        row.most, row.because = D(most), "the board"
        set_approval_limit(limit=row, at=self.story.at(self.day), by="user:1")
        return person

    def approves(self, person: User, asked: Application, amount: str, because: str = "", **facts: Any) -> Application:
        return approve_request(
            application_id=asked.pk, amount=D(amount), because=because, seen=facts.get("seen", seen(asked, self.day)),
            at=self.story.at(self.day), by=person.actor,
        )  # fmt: skip

    def refuses(self, person: User, asked: Application, *reasons: str, **facts: Any) -> Application:
        return refuse_request(
            application_id=asked.pk, reasons=reasons, seen=facts.get("seen", seen(asked, self.day)),
            at=self.story.at(self.day), by=person.actor,
        )  # fmt: skip
