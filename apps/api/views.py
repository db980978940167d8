"""The API: read what one may see; hand in a settlement. Sign-in and roles are those of the pages."""

from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.generics import GenericAPIView, ListAPIView
from rest_framework.pagination import CursorPagination
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.status import HTTP_409_CONFLICT, HTTP_422_UNPROCESSABLE_ENTITY
from rest_framework.views import APIView

from apps.api.serializers import (
    EarlyRepaymentSerializer,
    FinancingSerializer,
    OfferSerializer,
    OrderSerializer,
    QuotedDaySerializer,
    SettlementResultSerializer,
    SettlementSerializer,
    StatementFileSerializer,
    StatementUploadSerializer,
)
from apps.banking.refusals import StatementNumberTaken, StatementRefused
from apps.banking.services import take_in_statement
from apps.financing.models import Financing, Offer
from apps.ledger.calendar import open_date
from apps.orders.models import Order
from apps.orders.refusals import SettlementRefused
from apps.orders.services import ToldLine, known_lines, record_settlement
from apps.repayment.life import Refused
from apps.repayment.quotes import early_repayment
from apps.sellers.models import Seller
from apps.tenants.services import current_platform
from apps.users.models import Role


class NewestFirst(CursorPagination):
    """By key, so that a page stays what it was while rows are added."""

    ordering = "-pk"
    page_size = 50


class StaffOnly(BasePermission):
    """The platform's own staff."""

    def has_permission(self, request: Request, view: APIView) -> bool:  # noqa: ARG002  the framework's signature
        return getattr(request.user, "role", "") == Role.STAFF


class RowsOfTheReader(GenericAPIView[Any]):
    """Rows that belong to sellers: a seller gets the own ones, everyone else all of the platform."""

    permission_classes = (IsAuthenticated,)
    pagination_class = NewestFirst
    rows: ClassVar[QuerySet[Any]]

    def get_queryset(self) -> QuerySet[Any]:
        rows = self.rows.all().select_related("seller")
        if getattr(self.request.user, "role", "") == Role.SELLER:
            return rows.filter(seller__in=Seller.objects.of(self.request.user))
        return rows


class OfferList(RowsOfTheReader, ListAPIView[Any]):
    """Offers, the newest first."""

    rows = Offer.objects.all()
    serializer_class: type[BaseSerializer[Model]] = OfferSerializer  # type: ignore[assignment]


class FinancingList(RowsOfTheReader, ListAPIView[Any]):
    """Financings, the newest first."""

    rows = Financing.objects.select_related("offer", "version")
    serializer_class: type[BaseSerializer[Model]] = FinancingSerializer  # type: ignore[assignment]


class OrderList(RowsOfTheReader, ListAPIView[Any]):
    """Orders, the newest first."""

    rows = Order.objects.all()
    serializer_class: type[BaseSerializer[Model]] = OrderSerializer  # type: ignore[assignment]


class EarlyRepaymentView(RowsOfTheReader):
    """What it takes to repay a financing early."""

    rows = Financing.objects.select_related("version__product__pool")
    lookup_url_kwarg = "financing_id"

    @extend_schema(
        parameters=[QuotedDaySerializer],
        responses={200: EarlyRepaymentSerializer, 422: OpenApiResponse(description="Why it cannot be quoted.")},
    )
    def get(self, request: Request, financing_id: int) -> Response:  # noqa: ARG002  get_object reads it
        """What repays all of a financing on a day of one's choice, to the cent, as its page says it. A day that is not
        quoted, and a financing that does not run, answer 422 with the reason."""
        found, now, platform = self.get_object(), timezone.now(), current_platform()
        asked = QuotedDaySerializer(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        today = open_date(platform.business_date(now))
        try:
            quote = early_repayment(
                found, on=asked.validated_data.get("on", today), today=today, zone=platform.zone
            )  # fmt: skip
        except Refused as refusal:
            return Response({"detail": str(refusal)}, status=HTTP_422_UNPROCESSABLE_ENTITY)
        return Response(EarlyRepaymentSerializer(quote).data)


class SettlementView(APIView):
    """Taking in settlement lines."""

    permission_classes = (IsAuthenticated, StaffOnly)

    @extend_schema(request=SettlementSerializer, responses=SettlementResultSerializer)
    def post(self, request: Request) -> Response:
        """Take in the settlement of a sales day. A line known by its key lands once, however often it is sent; lines
        that do not fit are named with the reason, and the others land."""
        asked = SettlementSerializer(data=request.data, context={"currency": current_platform().currency})
        asked.is_valid(raise_exception=True)
        try:
            result = record_settlement(
                lines=known_lines([ToldLine(**one) for one in asked.validated_data["lines"]]),
                settled_on=asked.validated_data["settled_on"],
                at=timezone.now(),
                by=request.user.actor,  # type: ignore[union-attr]  # StaffOnly let nobody else in
            )
        except SettlementRefused as refusal:
            return Response({"detail": str(refusal)}, status=HTTP_422_UNPROCESSABLE_ENTITY)
        return Response(SettlementResultSerializer(result).data)


class StatementView(APIView):
    """Taking in bank statements."""

    permission_classes = (IsAuthenticated, StaffOnly)
    parser_classes = (MultiPartParser,)

    @extend_schema(request=StatementUploadSerializer, responses=StatementFileSerializer)
    def post(self, request: Request) -> Response:
        """Take in a bank's file. The same bytes again are nothing new; another statement under a number that was taken
        in answers 409; any other file that is refused answers 422 with the reason. Nothing was changed then."""
        asked = StatementUploadSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        file = asked.validated_data["file"]
        try:
            taken = take_in_statement(
                source=file,
                name=file.name,
                csv_account=asked.validated_data["csv_account"] or None,
                at=timezone.now(),
                by=request.user.actor,  # type: ignore[union-attr]  # StaffOnly let nobody else in
            )
        except StatementNumberTaken as refusal:
            return Response({"detail": str(refusal)}, status=HTTP_409_CONFLICT)
        except StatementRefused as refusal:
            return Response({"detail": str(refusal)}, status=HTTP_422_UNPROCESSABLE_ENTITY)
        return Response(StatementFileSerializer(taken).data)
