from apps.sellers.services.consents import CONSENT_LASTS, CONSENT_TO, ORDERS, give_consent, withdraw_consent
from apps.sellers.services.contacts import ContactRefused, change_contact
from apps.sellers.services.decisions import DECISIONS, DecisionRefused, decide_on_seller, verify_newcomer
from apps.sellers.services.invitations import InvitationRefused, Invitee, accept_invitation, invite, open_invitation
from apps.sellers.services.joining import (
    JoiningRefused,
    join_alone,
    save_account,
    save_business,
    save_consents,
    save_identity,
    submit,
)
from apps.sellers.services.payout_accounts import (
    Account,
    PayoutChangeRefused,
    ask_for_payout_change,
    check_payout_change,
    doubt_payout_account,
    refuse_payout_change,
)
from apps.sellers.services.takeover import Newcomer, onboard_from_platform

__all__ = [
    "CONSENT_LASTS",
    "CONSENT_TO",
    "DECISIONS",
    "ORDERS",
    "Account",
    "ContactRefused",
    "DecisionRefused",
    "InvitationRefused",
    "Invitee",
    "JoiningRefused",
    "Newcomer",
    "PayoutChangeRefused",
    "accept_invitation",
    "ask_for_payout_change",
    "change_contact",
    "check_payout_change",
    "decide_on_seller",
    "doubt_payout_account",
    "give_consent",
    "invite",
    "join_alone",
    "onboard_from_platform",
    "open_invitation",
    "refuse_payout_change",
    "save_account",
    "save_business",
    "save_consents",
    "save_identity",
    "submit",
    "verify_newcomer",
    "withdraw_consent",
]
