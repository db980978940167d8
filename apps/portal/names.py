"""How rows, columns and choices are called in the reader's language, wherever Django shows them by itself.

Django derives these names from the code, in English. Naming them here puts them into the catalogues; `say_names` makes
the models say them. To migrations nothing changes.
"""

from typing import Any

from django.apps import apps
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as _

APPS = (
    _("Banking"), _("Core"), _("Evidence"), _("Financing"), _("Ledger"), _("Orders"), _("Products"),
    _("Reconciliation"), _("Repayment"), _("Risk"), _("Sellers"), _("Users"), _("Warehousing"),
)  # fmt: skip
NAMES = frozenset((
    _("accepted amount"), _("accepted at"), _("accepted by"), _("accepted fee"), _("accepted sweep rate"), _("account"),
    _("accounts"), _("accrued"), _("accrued posted"), _("accrued through"), _("added at"), _("adds up"),
    _("advance rate"), _("alike"), _("allocation"), _("allocation plan"), _("allocation plans"), _("allocations"),
    _("amount"), _("announced weight"), _("annual rate"), _("answer"), _("answer by"), _("application"),
    _("application file"), _("application files"), _("applications"), _("applied by"), _("approval limit"),
    _("approval limits"), _("approved amount"), _("approved by"), _("article freights"), _("article prices"),
    _("articles"), _("asked"), _("asked at"), _("asked by"), _("asked on"), _("assessment"), _("assessments"),
    _("assigned by"), _("assigned on"), _("at"), _("attachment"), _("attachments"), _("attempt"), _("attempts"),
    _("audience"), _("back test"), _("back test seller"), _("back test sellers"), _("back tests"), _("balance"),
    _("bank"), _("bank account"), _("bank accounts"), _("bank line"), _("bank lines"), _("bank reference"),
    _("bank statement"), _("bank statements"), _("batch"), _("because"), _("before"), _("below"), _("beyond policy"),
    _("bic"), _("bin"), _("booked on"), _("books"), _("break"), _("break note"), _("break notes"), _("breaks"),
    _("brought forward"), _("bucket"), _("built by"), _("business date"), _("business done"), _("buyer"), _("by"),
    _("captured"), _("carried by"), _("carried forward"), _("cash cure"), _("category"), _("cautions"), _("channel"),
    _("charged back"), _("checked on"), _("clearing"), _("clearings"), _("closed by"), _("closed through"),
    _("closing"), _("closing on"), _("code"), _("collateral"), _("collected"), _("columns"), _("committed"),
    _("commodities"), _("commodity"), _("commodity price"), _("commodity prices"), _("confirmed on"),
    _("confirmed weight"), _("consent"), _("consents"), _("contact"), _("content"), _("contract"), _("contracts"),
    _("control total"), _("control totals"), _("costs"), _("count tolerance"), _("counted"), _("counted by"),
    _("counted on"), _("counterparty"), _("created at"), _("credit"), _("credits"), _("csv mapping"), _("csv mappings"),
    _("currency"), _("daily total"), _("daily totals"), _("data"), _("data consent done"), _("date joined"), _("day"),
    _("day count"), _("days"), _("days past due"), _("debit"), _("debits"), _("decided at"), _("decided by"),
    _("decision"), _("declined by"), _("default probability"), _("delivered at"), _("deliveries"), _("delivery"),
    _("demand"), _("demands"), _("demands raised"), _("depositor"), _("details"), _("difference"), _("digest"),
    _("disbursed on"), _("document"), _("document sha256"), _("done"), _("done at"), _("drawn"), _("due at"),
    _("due days"), _("due on"), _("effective on"), _("eligible value"), _("email"), _("encoding"), _("ended at"),
    _("ended on"), _("enforced by"), _("enforcement asked by"), _("enforcement reason"), _("entries"), _("entry"),
    _("entry count"), _("entry key"), _("error"), _("event"), _("events"), _("expected"), _("expected at"),
    _("expected daily sales"), _("expires at"), _("expires on"), _("export"), _("exports"), _("external id"),
    _("facts"), _("facts sha256"), _("failed"), _("failed on"), _("failure reason"), _("features"), _("fee"),
    _("fee income"), _("feed"), _("feed file"), _("feed files"), _("feed line"), _("fees"), _("file"), _("file line"),
    _("financed order"), _("financed orders"), _("financier"), _("financier confirmed by"), _("financing"),
    _("financing product"), _("financing products"), _("financings"), _("fingerprint"), _("first by"),
    _("first position"), _("first seller"), _("flagged"), _("flat fee"), _("follows"), _("format"), _("freight"),
    _("from date"), _("from purpose"), _("frozen by"), _("frozen from"), _("frozen through"), _("funder"), _("funders"),
    _("funding pool"), _("funding pools"), _("gave up at"), _("given on"), _("giver"), _("goal"), _("goals"),
    _("goods"), _("goods cure"), _("goods owed"), _("goods room"), _("goods sale"), _("goods sales"), _("goods value"),
    _("grade"), _("grouped payment"), _("grouped payments"), _("haircuts"), _("hash"), _("head"), _("heads"),
    _("held by"), _("holder"), _("identical"), _("identity done"), _("income"), _("inspection"), _("inspections"),
    _("inspector"), _("instruction"), _("instructions"), _("insurance"), _("insured until"), _("interest"),
    _("interest income"), _("invitation"), _("invitations"), _("invited at"), _("invited by"), _("is active"),
    _("is first loss"), _("is shared"), _("is small"), _("issued by"), _("issued on"), _("joined on"), _("kept"),
    _("key"), _("kilograms a bag"), _("kilograms a bushel"), _("kind"), _("landed"), _("language"), _("large amount"),
    _("largest seller"), _("largest sellers"), _("largest step"), _("last fault"), _("last hash"), _("last login"),
    _("last position"), _("last seal"), _("last seller"), _("late after"), _("leaving"), _("legal form"),
    _("legal name"), _("lendable"), _("lending policy"), _("letter"), _("letters"), _("limit"), _("line"), _("lines"),
    _("livelihood floor"), _("lost"), _("lost after"), _("lot"), _("made at"), _("made by"), _("made on"),
    _("margin call"), _("margin calls"), _("matched to"), _("maximum age of a price"), _("maximum amount"),
    _("media type"), _("merkle root"), _("message"), _("message settings"), _("messages"), _("minimum amount"),
    _("minimums"), _("missed"), _("model"), _("month"), _("month end"), _("month ends"), _("more"), _("most offered"),
    _("movement"), _("movements"), _("name"), _("name in Chinese"), _("near breach"), _("near breaches"), _("net"),
    _("nightly chunk"), _("nightly chunks"), _("nightly run"), _("nightly runs"), _("nightly step"), _("nightly steps"),
    _("not booked"), _("note"), _("number"), _("number key"), _("number kind"), _("number of payments"), _("object id"),
    _("occurrence"), _("offer"), _("offered on"), _("offers"), _("on"), _("one time code"), _("one time codes"),
    _("opened on"), _("opening"), _("operator"), _("operators"), _("order"), _("orders"), _("origin"), _("original"),
    _("outstanding"), _("overpaid"), _("owed"), _("owner"), _("paid"), _("paid at"), _("paid fee"), _("paid interest"),
    _("paid out"), _("parent"), _("part"), _("participation"), _("participations"), _("particulars"), _("past due"),
    _("paused days"), _("paused rate"), _("paused until"), _("payload"), _("payment answer"), _("payment answers"),
    _("payment batch"), _("payment batches"), _("payout"), _("payout account"), _("payout account done"),
    _("payout change"), _("payout changes"), _("payout frozen"), _("penalty"), _("penalty accrued"),
    _("penalty income"), _("penalty posted"), _("person"), _("phase"), _("phone"), _("place"), _("placed"),
    _("placed at"), _("plan"), _("pledge"), _("pledged on"), _("pledged receipt"), _("pledged receipts"), _("pledgee"),
    _("pledges"), _("pool"), _("pool limit"), _("pool limits"), _("portfolio day"), _("portfolio days"),
    _("portfolio flow"), _("portfolio flows"), _("portfolio row"), _("portfolio rows"), _("position"), _("posted at"),
    _("posting"), _("postings"), _("previous hash"), _("previous seal"), _("price"), _("price bases"), _("price basis"),
    _("price file"), _("price files"), _("price is stale"), _("priced as"), _("principal"), _("principal before"),
    _("priority"), _("problems"), _("proceeds"), _("product"), _("product code"), _("product version"),
    _("product versions"), _("progress"), _("promise"), _("promises"), _("proposed amount"), _("proposed by"),
    _("provision class"), _("provision classes"), _("purpose"), _("qualified on"), _("query"), _("quiet from"),
    _("quiet through"), _("quiet until"), _("ratio"), _("reached on"), _("read at"), _("reason"), _("reasons"),
    _("receipt"), _("receipt file"), _("receipt files"), _("receipt paper"), _("receipt papers"), _("receipt transfer"),
    _("receipt transfers"), _("record"), _("recorded at"), _("recorded by"), _("records"), _("recovered"),
    _("reference"), _("refills"), _("refunded"), _("region"), _("rejected"), _("released on"), _("relief request"),
    _("relief requests"), _("remark"), _("remarks"), _("rendered at"), _("repaid on"), _("replaced by"), _("replaces"),
    _("requested amount"), _("reserved"), _("resolved at"), _("result"), _("results"), _("return reason"),
    _("reverses"), _("revision"), _("role"), _("rounding"), _("rows"), _("rule"), _("rule book"), _("rule books"),
    _("rules"), _("run"), _("score"), _("scorecard"), _("seal"), _("sealed at"), _("seals"), _("second by"),
    _("second factor"), _("seconds"), _("secured by"), _("secured on"), _("seen at"), _("seller"), _("seller id"),
    _("sellers"), _("sellers done"), _("sells since"), _("sent at"), _("set aside"), _("set at"), _("set by"),
    _("set on"), _("settings"), _("settled on"), _("settlement"), _("settlements"), _("sha256"), _("share"),
    _("shares"), _("shipped at"), _("shop number"), _("shown"), _("side"), _("signature"), _("signed at"),
    _("signed by"), _("signed on"), _("since"), _("size"), _("skipped"), _("sold on"), _("source"),
    _("source that counts"), _("standing"), _("standings"), _("started at"), _("starts on"), _("state"), _("statement"),
    _("statement entries"), _("statement entry"), _("statement file"), _("statement files"), _("status"),
    _("steps accepted"), _("subject"), _("suggestion"), _("suggestions"), _("summary"), _("surplus"), _("sweep"),
    _("sweep cap"), _("sweep rate"), _("sweeps"), _("taken in at"), _("taker"), _("target"), _("technique"), _("terms"),
    _("terms sha256"), _("text"), _("time zone"), _("to account"), _("to date"), _("to pledgee"), _("told"),
    _("tolerance"), _("total"), _("transition"), _("transitions"), _("tries"), _("undone at"), _("undone by"),
    _("unexplained"), _("unit"), _("until"), _("used at"), _("user"), _("users"), _("valid until"), _("value"),
    _("value on"), _("valued on"), _("verb"), _("verified at"), _("version"), _("vintage"), _("vintages"), _("wanted"),
    _("wanted amount"), _("warehouse"), _("warehouse confirmed by"), _("warehouse receipt"), _("warehouse receipts"),
    _("warehouses"), _("was pledged"), _("waterfall"), _("weight"), _("withdrawal"), _("withdrawals"),
    _("withdrawn at"), _("withdrawn by"), _("work"), _("worst days past due"), _("write off limit"),
))  # fmt: skip
# Of choices, which Django derives alike.
LABELS = frozenset((
    _("Accrual"), _("Answer"), _("Asset"), _("Capture"), _("Carried"), _("Charge"), _("Chargeback"), _("Collected"),
    _("Collection"), _("Declaration"), _("Disbursement"), _("Document"), _("Due Date"), _("Equity"), _("Expense"),
    _("Funding"), _("Income"), _("Instalment"), _("Interim"), _("Lent"), _("Liability"), _("Longer"), _("Lost"),
    _("Lower Share"), _("Maturity"), _("Minimum"), _("Note"), _("Notification"), _("Pause"), _("Payment"), _("Payout"),
    _("Penalty"), _("Photo"), _("Question"), _("Rate"), _("Rebate"), _("Recovered"), _("Recovery"), _("Refill"),
    _("Refund"), _("Reschedule"), _("Restructure"), _("Resume"), _("Reversal"), _("Statement"), _("Sweep"),
    _("Transfer"), _("Waiver"), _("Weight"), _("Withdrawal"), _("Write Off"),
))  # fmt: skip
# What the admin's own templates say, which come without Chinese.
OF_UNFOLD = (
    _("Add row"), _("All applications"), _("Apply Filters"), _("Choose file to upload"), _("Click to cancel"),
    _("Click to download"), _("Dark"), _("Expand row"), _("False"), _("General"), _("Go back"), _("Light"),
    _("Loading more results..."), _("More actions"), _("Next"), _("No data"), _("No recent searches"),
    _("No results found"), _("No results matching your query"), _("Not enough data."), _("Previous"),
    _("Recent searches"), _("Reset filters"), _("Return to site"), _("Run"), _("Search apps and models..."),
    _("Select action"), _("Select all rows"), _("Select currency"), _("Select record"), _("Select value"), _("Submit"),
    _("System"), _("This page yielded into no results. Create a new item or reset your filters."),
    _("Toggle password visibility"), _("True"), _("Type to search"),
    _("You have been successfully logged out from the administration"),
)  # fmt: skip
# What stands beneath columns.
HELP = frozenset((
    _("A break of this amount or more is due the next business day."),
    _("Agreed since; where empty, that of the product's terms."), _("All demand."),
    _("All interest since disbursement, unrounded."), _("All penalty on what was past due, unrounded."),
    _("As the rows say, less what later dates moved already."),
    _("At most four keys, the ones that cost most points first."), _("Average net sales a day, for the projection."),
    _("Bears losses before the others do."), _("Business days to explain a break, by its kind."),
    _("By when the seller was promised an answer."), _("Change of the principal that is out."),
    _("Collected for it after it was written off."),
    _("Days by which pauses and lower shares moved its minimum periods."), _("Earned on the date, as all below."),
    _("Empty: no credit."), _("Fee, interest and penalty collected for it."),
    _("Fee, interest and penalty; after a loss, what was recovered."),
    _("Fees, interest and penalties earned on the date."), _("Funded by several pools, each by its participation."),
    _("How they stood a month before; unknown where nobody looked then."),
    _("In what it lies outside policy; none where policy alone decides."), _("Inputs, score, limit and terms, frozen."),
    _("Instalments: the part of it that is fee."),
    _("Instalments: the part of it that is interest; as planned until it is raised."),
    _("Its part of the principal that is out now."), _("Its part of the principal that was written off."),
    _("Its part of the principal, as signed."),
    _("Later than the date where it was made up for later: days past due were told back."),
    _("Line by line: where each demand went and why, what holds the others up."),
    _("Minimum periods or maturities demanded so far."), _("Minimums, instalments or due dates that were missed."),
    _("Months from the payout to the first time more than 30 days past due."),
    _("Months from the payout to the write-off."), _("Of a refusal: one to four specific reasons."),
    _("Of principal and fee; interest is due with a maturity, and part of an instalment."),
    _("Of the assessment on which it was offered."), _("Of the seller."), _("Owed a month before."),
    _("Owed against goods in pledge, at their last valuation."), _("Owed in all after this movement."),
    _("Owed to the seller before; negative after refunds."),
    _("Owed when it came there; of what was written off, what was."), _("Paid beyond what was owed."),
    _("Paid beyond what was owed; negative when given back."), _("Principal as drawn."), _("Principal outstanding."),
    _("Principal written off."), _("Principal, on the last day."),
    _("Promised to signed contracts whose money is on its way."),
    _("Reached below the target; otherwise from the target on."), _("Swept to repayment."),
    _("The attribute of the scorecard."), _("The date from which it counts, where that is not its business date."),
    _("The entry that carries the movement."), _("The figure when it was set."),
    _("The filters, as they stood in the address."), _("The financing that this one pays off out of its own money."),
    _("The financing that was restructured into this one."),
    _("The first day of the month in which they were paid out."), _("The first night that made an offer."),
    _("The last business date that was closed."),
    _("The last date of interest, where an event took it beyond the last closed date."),
    _("The last date on which it can be accepted."), _("The last date on which it is paid in time."),
    _("The ledger entry that carries this movement."), _("The part of it that is posted, in minor units."),
    _("The part of it that is posted."), _("The part of it that should have been paid."),
    _("The share of sales kept through that date instead of the agreed one; 0 in a pause."),
    _("Through this date nothing happens to it by itself; empty: the night looks at it each day."),
    _("Through this date sales repay less than agreed, or nothing."),
    _("What all financings of the seller together may reach."), _("What differs; the same difference opens one break."),
    _("What each minimum period asks for, where the terms alone do not say."), _("What found a pool."),
    _("What it did."), _("What it is about, such as financing:42."),
    _("What it rests on, where the technique needs it."), _("What one person approved; it takes another."),
    _("What one person may adjust or write off alone."), _("What the date should have brought in."),
    _("What the seller has in mind, kept between pages; nothing is agreed by it."),
    _("What they would have lent beyond; below zero where more was owed."), _("What those goods were worth."),
    _("When all of it is due, where the technique has such a date."),
    _("When it should be explained, by the rules of its day."), _("When its worker was last heard of."),
    _("Where the difference is to be booked."), _("Which run of it is the one that counts."), _("Who has taken it up."),
    _("Why less than asked for; the seller reads it."), _("With the financing, what makes the same event happen once."),
    _("Within the limit that one person may decide on."),
))  # fmt: skip


def say_names() -> None:
    """Let every app, model, column and choice that is named here say its name in the reader's language."""
    for config in apps.get_app_configs():
        if config.name.startswith("apps.") and config.verbose_name in APPS:
            config.verbose_name = gettext_lazy(config.verbose_name)
            for model in config.get_models():
                _say(model._meta, "verbose_name")
                _say(model._meta, "verbose_name_plural")
                for field in model._meta.concrete_fields:
                    _say(field, "verbose_name")
                    _say(field, "help_text")
                    _say_choices(field)


def _say(named: Any, attribute: str) -> None:
    name = getattr(named, attribute)
    if name in NAMES or name in HELP:
        setattr(named, attribute, gettext_lazy(name))


def _say_choices(field: Any) -> None:
    if any(label in LABELS for _value, label in field.choices or ()):
        field.choices = [(value, gettext_lazy(label) if label in LABELS else label) for value, label in field.choices]
