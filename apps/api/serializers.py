"""How rows look outside: money as text with its currency, people and shops by the platform's own keys."""

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.banking.models import BankAccount, BankStatement
from apps.core.money import is_currency, round_money
from apps.financing.models import Financing, Offer
from apps.orders.models import Order, Proceeds
from apps.repayment.quotes import EarlyRepayment

MOST_LINES = 1_000


@extend_schema_field(
    {
        "type": "object",
        "properties": {
            "amount": {"type": "string", "example": "48000.00"},
            "currency": {"type": "string", "example": "CNY"},
        },
        "required": ["amount", "currency"],
    }
)
class MoneyField(serializers.Field[Any, Any, Any, Any]):
    """An amount of the row, with the row's currency: {"amount": "48000.00", "currency": "CNY"}."""

    def __init__(self, **options: Any) -> None:
        super().__init__(source="*", read_only=True, **options)

    def to_representation(self, value: Any) -> dict[str, str]:
        amount: Decimal = getattr(value, str(self.field_name))
        return {"amount": str(round_money(amount, value.currency)), "currency": value.currency}


class OfferSerializer(serializers.ModelSerializer[Offer]):
    """An offer as it was made."""

    seller = serializers.CharField(source="seller.external_id", read_only=True)
    product = serializers.CharField(source="product_code", read_only=True)
    minimum_amount = MoneyField()
    maximum_amount = MoneyField()

    class Meta:
        model = Offer
        fields = ("id", "seller", "product", "state", "minimum_amount", "maximum_amount", "made_on", "expires_on")
        read_only_fields = fields


class FinancingSerializer(serializers.ModelSerializer[Financing]):
    """A financing and what is owed on it now."""

    seller = serializers.CharField(source="seller.external_id", read_only=True)
    product = serializers.CharField(source="offer.product_code", read_only=True)
    amount = MoneyField()
    flat_fee = MoneyField()
    outstanding = MoneyField()
    past_due = MoneyField()

    class Meta:
        model = Financing
        fields = (
            "id", "number", "seller", "product", "technique", "state", "amount", "flat_fee", "outstanding", "past_due",
            "days_past_due", "bucket", "signed_on", "disbursed_on", "due_on", "repaid_on", "closed_through",
        )  # fmt: skip
        read_only_fields = fields


class QuotedDaySerializer(serializers.Serializer[Any]):
    """The business date that an early repayment is asked for."""

    on = serializers.DateField(
        required=False, help_text="From today through 366 days later; today when it is left out."
    )


class EarlyRepaymentSerializer(serializers.Serializer[EarlyRepayment]):
    """What repays all of a financing on a day, if nothing else moves before. The components add up to the total; the
    rebate of the fee is off them already."""

    financing = serializers.CharField(source="number", read_only=True)
    on = serializers.DateField(read_only=True)
    holds_until = serializers.DateTimeField(
        read_only=True, help_text="The end of that day on the platform's clock. A later day has another total."
    )
    principal = MoneyField()
    fee = MoneyField()
    interest = MoneyField()
    penalty = MoneyField()
    fee_rebate = MoneyField()
    total = MoneyField()


class OrderSerializer(serializers.ModelSerializer[Order]):
    """An order as it is known."""

    seller = serializers.CharField(source="seller.external_id", read_only=True)
    paid = MoneyField()
    refunded = MoneyField()

    class Meta:
        model = Order
        fields = (
            "id", "seller", "external_id", "state", "paid", "refunded", "category", "placed_at", "paid_at",
            "shipped_at",
            "delivered_at", "settled_on",
        )  # fmt: skip
        read_only_fields = fields


class SettlementLineSerializer(serializers.Serializer[Any]):
    """One line of a settlement: money for, or back from, a sale. `seller` and `order` are the platform's own keys."""

    key = serializers.CharField(max_length=120)
    seller = serializers.CharField(max_length=64)
    kind = serializers.ChoiceField(choices=Proceeds.Kind.choices)
    amount = serializers.DecimalField(max_digits=19, decimal_places=4, min_value=Decimal("0.0001"))
    order = serializers.CharField(max_length=64, required=False, allow_blank=True, default="")


class SettlementSerializer(serializers.Serializer[Any]):
    """The settlement of one sales day, in the platform's currency."""

    settled_on = serializers.DateField()
    currency = serializers.CharField(max_length=3)
    lines = SettlementLineSerializer(many=True, min_length=1, max_length=MOST_LINES)  # type: ignore[call-arg]

    def validate_currency(self, value: str) -> str:
        platforms_own: str = self.context["currency"]
        if not is_currency(value) or value != platforms_own:
            raise serializers.ValidationError(f"This platform settles in {platforms_own}. Nothing was taken in.")
        return value


class RejectedLineSerializer(serializers.Serializer[Any]):
    """A line that was not taken in, and why."""

    key = serializers.CharField()
    reason = serializers.CharField()


class SettlementResultSerializer(serializers.Serializer[Any]):
    """What became of a settlement: lines landed and on which business date, known before, rejected."""

    booked_on = serializers.DateField()
    landed = serializers.IntegerField()
    known = serializers.IntegerField()
    rejected = RejectedLineSerializer(many=True)


class StatementUploadSerializer(serializers.Serializer[Any]):
    """A bank's file; `csv_account` is the number of the account that a CSV file is of."""

    file = serializers.FileField(allow_empty_file=True)
    csv_account = serializers.CharField(max_length=64, required=False, allow_blank=True, default="")

    def validate_csv_account(self, value: str) -> int | None:
        found = [one.pk for one in BankAccount.objects.exclude(purpose="payout") if value and one.is_named(value)]
        if value and len(found) != 1:
            raise serializers.ValidationError("This is not the number of one account of this platform.")
        return found[0] if found else None


class BankStatementSerializer(serializers.ModelSerializer[BankStatement]):
    """One statement of a file: whether it adds up, and whether it was booked."""

    account = serializers.CharField(source="account.masked", read_only=True)
    opening = serializers.DecimalField(max_digits=19, decimal_places=4, read_only=True, allow_null=True)
    net = serializers.DecimalField(max_digits=19, decimal_places=4, read_only=True, allow_null=True)
    closing = serializers.DecimalField(max_digits=19, decimal_places=4, read_only=True, allow_null=True)

    class Meta:
        model = BankStatement
        fields = (
            "id", "number", "kind", "account", "currency", "opening", "net", "closing", "adds_up", "entry_count",
            "state", "problems",
        )  # fmt: skip
        read_only_fields = fields


class StatementFileSerializer(serializers.Serializer[Any]):
    """What became of a file: whether its bytes are new, how many bank lines were booked, its statements."""

    id = serializers.IntegerField(source="file.pk")
    sha256 = serializers.CharField(source="file.sha256")
    format = serializers.CharField(source="file.format")
    is_new = serializers.BooleanField()
    booked = serializers.IntegerField()
    statements = BankStatementSerializer(source="file.statements", many=True)
