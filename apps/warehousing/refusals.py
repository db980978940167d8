"""Why a pledge cannot be made or changed. Each message is for people: what happened, what was kept, what to do."""


class PledgeRefused(ValueError):
    """The pledge cannot be made or changed like this; the message says why. Nothing was changed."""


class Encumbered(PledgeRefused):
    """Somebody holds the lot already. The message is the same whoever that is, and wherever."""


class Unpriced(PledgeRefused):
    """Goods that nobody has ever published a price for cannot be valued."""
