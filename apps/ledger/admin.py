"""The books, for reading."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.core.admin import ViewOnlyAdmin, ViewOnlyInline, money
from apps.ledger.models import Account, Books, DailyTotal, Entry, Posting


@admin.register(Account)
class AccountAdmin(ViewOnlyAdmin):
    list_display = ("code", "kind", "currency")
    list_filter = ("kind", "currency")
    search_fields = ("code",)
    ordering = ("code", "currency")


class PostingInline(ViewOnlyInline):
    model = Posting
    fields = ("debit", "credit", "amount_money")
    amount_money = money("amount", _("amount"))


@admin.register(Entry)
class EntryAdmin(ViewOnlyAdmin):
    list_display = ("key", "business_date", "kind", "subject", "currency", "by", "posted_at")
    list_filter = ("kind", "currency")
    date_hierarchy = "business_date"
    search_fields = ("key__exact", "subject__exact")
    ordering = ("-id",)
    inlines = (PostingInline,)


@admin.register(Posting)
class PostingAdmin(ViewOnlyAdmin):
    list_display = ("entry", "debit", "credit", "amount_money")
    list_select_related = ("entry", "debit", "credit")
    search_fields = ("entry__key__exact",)
    ordering = ("-id",)
    amount_money = money("amount", _("amount"))


@admin.register(DailyTotal)
class DailyTotalAdmin(ViewOnlyAdmin):
    list_display = ("business_date", "account", "debit_money", "credit_money")
    list_select_related = ("account",)
    list_filter = ("account__currency",)
    search_fields = ("account__code",)
    ordering = ("-business_date", "account__code")
    debit_money = money("debits", _("debits"), "account.currency")
    credit_money = money("credits", _("credits"), "account.currency")


@admin.register(Books)
class BooksAdmin(ViewOnlyAdmin):
    list_display = ("closed_through", "frozen_through")
