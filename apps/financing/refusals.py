"""Why origination says no. Each message is written for the seller: what happened, what was kept, what to do."""


class OfferRefused(ValueError):
    """The offer cannot be accepted like this. Nothing was changed."""


class RequestRefused(OfferRefused):
    """What is asked of a person, or decided by one, is not possible like this. Nothing was changed."""


class ContractRefused(ValueError):
    """The contract cannot be signed like this. Nothing was changed."""


class SellerBusy(RuntimeError):
    """The seller's day is being closed or another page is acting; try again in a moment. Nothing was changed."""
