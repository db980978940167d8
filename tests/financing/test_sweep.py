"""The sweep: what a sales day repays."""

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.money import is_payable
from apps.financing.sweep import Claim, sweep

D = Decimal
HALF = D("0.5")


def advance(outstanding: str, rate: str = "0.12", floor: str = "0", day_cap: str = "0", priority: int = 20) -> Claim:
    return Claim(D(outstanding), D(0), D(rate), D(floor), D(day_cap), priority)


def taken(net: str, *claims: Claim, cap: Decimal = HALF, currency: str = "CNY") -> list[Decimal]:
    return sweep(D(net), claims, cap, currency)


def test_twelve_percent_of_net_sales() -> None:
    assert taken("2423.30", advance("20000")) == [D("290.80")]  # 2,603.30 sold less 180.00 returned


def test_nothing_is_taken_of_a_day_that_went_backwards() -> None:
    assert taken("0", advance("20000")) == [D(0)]
    assert taken("-310.00", advance("20000")) == [D(0)]


def test_never_past_what_is_owed() -> None:
    assert taken("10000", advance("37.15")) == [D("37.15")]


def test_a_day_cap_and_a_livelihood_floor_hold() -> None:
    assert taken("5000", advance("20000", day_cap="250")) == [D("250")]
    assert taken("1050", advance("20000", floor="1000")) == [D("50")]
    assert taken("900", advance("20000", floor="1000")) == [D(0)]


def test_two_financings_stay_within_the_sellers_cap_by_priority() -> None:
    first, second = advance("20000", rate="0.30", priority=10), advance("20000", rate="0.30", priority=20)
    assert taken("1000", first, second, cap=D("0.4")) == [D("300.00"), D("100.00")]


def test_two_financings_of_one_priority_share_the_cap_pro_rata() -> None:
    first, second = advance("20000", rate="0.30"), advance("20000", rate="0.10")
    assert taken("1000", first, second, cap=D("0.2")) == [D("150.00"), D("50.00")]


def test_two_financings_share_what_the_floor_leaves_pro_rata() -> None:
    first, second = advance("20000", rate="0.30", floor="940"), advance("20000", rate="0.10", floor="940")
    assert taken("1000", first, second) == [D("45.00"), D("15.00")]


def test_an_assigned_order_pays_its_own_financing_first_and_whole() -> None:
    receivable = Claim(D("800"), D("950"), D(0), D(0), D(0), 10)
    assert taken("1950", receivable, advance("20000")) == [D("800"), D("120.00")]  # 12 % of the other 1,000


def test_refunds_elsewhere_leave_less_than_the_assigned_order_brought() -> None:
    receivable = Claim(D("800"), D("950"), D(0), D(0), D(0), 10)
    assert taken("600", receivable) == [D("600")]


def test_yen_have_no_decimals_and_dinars_three() -> None:
    assert taken("12345", advance("90000"), currency="JPY") == [D("1481")]
    assert taken("12.345", advance("90000"), currency="KWD") == [D("1.481")]


money = st.decimals(min_value=0, max_value=100_000, places=2)
shares = st.decimals(min_value=0, max_value=1, places=2)
roundings = st.sampled_from([ROUND_HALF_EVEN, ROUND_HALF_UP])
claims = st.lists(st.builds(Claim, money, money, shares, money, money, st.integers(1, 3), roundings), max_size=5)


@settings(max_examples=500)
@given(st.decimals(min_value=-100_000, max_value=200_000, places=2), claims, shares)
def test_what_must_never_happen(net: Decimal, wanting: list[Claim], cap: Decimal) -> None:
    amounts = sweep(net, wanting, cap, "CNY")
    assert sum(amounts) <= max(net, D(0))
    for claim, amount in zip(wanting, amounts, strict=True):
        assert 0 <= amount <= claim.outstanding
        assert is_payable(amount, "CNY")
    shared = [amount - min(claim.own, amount) for claim, amount in zip(wanting, amounts, strict=True)]
    assert sum(shared) <= cap * max(net, D(0)) + D("0.01") * len(wanting)


def test_each_financing_rounds_by_its_own_terms_whatever_their_order() -> None:
    """A tenth of 0.25 is 0.025."""
    even, up = advance("100", rate="0.1"), advance("100", rate="0.1")._replace(rounding=ROUND_HALF_UP)
    assert taken("0.25", even, up) == [D("0.02"), D("0.03")]
    assert taken("0.25", up, even) == [D("0.03"), D("0.02")]
