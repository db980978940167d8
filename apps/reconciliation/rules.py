"""The rules that matching starts with on every platform, until two people activate others."""

from decimal import Decimal

from apps.reconciliation.passes import Rule

# No starter rule accepts a difference: one minor unit too few or too many is a break for a person.
STARTER = (
    Rule("reference", "exact reference"),
    Rule("amount", "exact amount and date"),
    Rule("amount", "exact amount, some days apart", days=5),
    Rule("covering", "several that add up", days=7),
    Rule("amount", "nearly the amount", accepts=False, share=Decimal("0.01"), days=5),
    Rule("similar", "similar words", accepts=False, share=Decimal("0.05"), days=7),
)
