"""Shares of one as people type them."""

from decimal import Decimal, InvalidOperation

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


def share_typed(text: str, most: Decimal = Decimal(1)) -> Decimal:
    """The share that `text` says: 0.18, or 18%. Raises ValidationError in words, with what a number in the wrong unit
    would have meant, for what is no number or lies outside 0 to `most`."""
    plain = text.strip().replace("\N{FULLWIDTH PERCENT SIGN}", "%")
    try:
        share = Decimal(plain.removesuffix("%").strip())
    except InvalidOperation as error:
        raise ValidationError(_("Please write a share such as 0.18, or 18%.")) from error
    if not share.is_finite():
        raise ValidationError(_("Please write a share such as 0.18, or 18%."))
    if plain.endswith("%"):
        share /= 100
    if share < 0:
        raise ValidationError(_("This cannot be below 0."))
    if share > most:
        is_percent_meant = not plain.endswith("%") and share / 100 <= most
        raise ValidationError(
            _("%(typed)s would be %(meant)s%%. If you mean %(typed)s%%, write %(share)s or %(typed)s%%.")
            % {"typed": _number(share), "meant": _number(share * 100), "share": _number(share / 100)}
            if is_percent_meant
            else _("This is more than all of it: at most %(most)s%%.") % {"most": _number(most * 100)}
        )
    return share


def _number(value: Decimal) -> str:
    return format(value.normalize(), ",f")
