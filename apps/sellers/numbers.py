"""Identity, tax, company and account numbers as people type them, checked by python-stdnum."""

import re
import unicodedata
from importlib import import_module

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from stdnum import exceptions, iban, luhn

PERSON, COMPANY = "person", "company"
# Modules of python-stdnum by country: the number of a person, the number of a company.
NUMBERS = {
    "AR": ("ar.dni", "ar.cuit"),
    "BR": ("br.cpf", "br.cnpj"),
    "CL": ("cl.rut", "cl.rut"),
    "CN": ("cn.ric", "cn.uscc"),
    "CO": ("co.nit", "co.nit"),
    "DE": ("de.idnr", "de.vat"),
    "ES": ("es.nif", "es.nif"),
    "FR": ("fr.nif", "fr.siren"),
    "GB": ("gb.utr", "gb.utr"),
    "ID": ("id.nik", "id.npwp"),
    "IN": ("in_.pan", "in_.pan"),
    "IT": ("it.codicefiscale", "it.iva"),
    "KE": ("ke.pin", "ke.pin"),
    "MX": ("mx.curp", "mx.rfc"),
    "PL": ("pl.pesel", "pl.nip"),
    "TR": ("tr.tckimlik", "tr.vkn"),
    "US": ("us.tin", "us.ein"),
    "VN": ("vn.mst", "vn.mst"),
    "ZA": ("za.idnr", "za.tin"),
}
UNCHECKED = "unchecked"
LONGEST_NUMBER = 34
IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[0-9A-Z]{8,30}")
LOCAL_ACCOUNT = re.compile(r"[0-9A-Z]{6,34}")
UNIONPAY_CARD = re.compile(r"62[0-9]{14,17}")
SEPARATORS = re.compile(r"[\s.\-/·]+")


def read_number(typed: str, *, country: str, legal_form: str) -> tuple[str, str]:
    """Which number (a module of python-stdnum, or UNCHECKED where we know none for the `country`), and the number.

    Full-width characters, spaces and the usual separators are read. Raises ValidationError saying what is wrong.
    """
    text = _plain(typed)
    kinds = NUMBERS.get(country.upper())
    if kinds is None:
        if not LOCAL_ACCOUNT.fullmatch(text):
            raise ValidationError(_("Please type the number as it is printed: 6 to 34 letters and digits."))
        return UNCHECKED, text
    kind = kinds[legal_form == COMPANY]
    try:
        return kind, str(import_module(f"stdnum.{kind}").validate(text))
    except exceptions.ValidationError as error:
        raise ValidationError(_wrong(error)) from error


def read_account_number(typed: str, *, country: str) -> str:
    """A bank account's number: an IBAN or a Chinese bank card with their check digits, else 6 to 34 letters and digits.

    Raises ValidationError saying what is wrong.
    """
    text = _plain(typed)
    try:
        if IBAN.fullmatch(text):
            return str(iban.validate(text))
        if country.upper() == "CN" and UNIONPAY_CARD.fullmatch(text):
            return str(luhn.validate(text))
    except exceptions.ValidationError as error:
        raise ValidationError(_wrong(error)) from error
    if not LOCAL_ACCOUNT.fullmatch(text) or not any(sign.isdigit() for sign in text):
        raise ValidationError(_("Please type the account's number as it is printed: 6 to 34 letters and digits."))
    return text


def _plain(typed: str) -> str:
    return SEPARATORS.sub("", unicodedata.normalize("NFKC", typed[:200])).upper()


def _wrong(error: exceptions.ValidationError) -> str:
    if isinstance(error, exceptions.InvalidLength):
        return _("This number is too short or too long. Please compare it with the paper it is printed on.")
    if isinstance(error, exceptions.InvalidChecksum):
        return _("Its check digit does not fit: one character is mistyped, or two are swapped.")
    if isinstance(error, exceptions.InvalidComponent):
        return _("A part of it cannot be right, such as the date or the place in it. Please compare it once more.")
    return _("This does not look like such a number. Please type it as it is printed, without anything else.")
