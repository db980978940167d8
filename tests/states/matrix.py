"""Every move that a state machine allows, written by hand in the notation of the specification.

`a|b -verb-> c` moves from a or b to c; `any` is every state but the target. A state machine is changed here and in its
model, or the test says so. Lines marked + say more than the specification; the reason stands beside them.
"""

MATRIX = {
    "sellers.Seller": """
        invited -register-> registered
        registered -submit-> submitted
        submitted -verify-> verified
        submitted -request_info-> info_requested
        info_requested -submit-> submitted
        submitted -reject-> rejected
        verified -suspend-> suspended
        suspended -resume-> verified
        verified -close-> closed
    """,
    "sellers.PayoutChange": """
        asked -check_first-> checked_once
        checked_once -check_second-> in_force
        asked|checked_once -refuse-> refused
    """,
    "orders.Order": """
        placed -pay-> paid
        paid -ship-> shipped
        shipped -deliver-> delivered
        delivered -close_return_window-> completed
        partially_refunded|refused -close_return_window-> completed     + what was not refunded is settled too
        completed -settle-> settled
        placed|paid -cancel-> cancelled
        paid|shipped|delivered -request_refund-> refund_requested
        refund_requested -refund-> refunded
        refund_requested -refund_in_part-> partially_refunded
        refund_requested -refuse_refund-> refused
        any -charge_back-> charged_back
    """,
    "financing.Offer": """
        draft -deliver-> delivered
        delivered -accept-> accepted
        accepted -disburse-> paid_out
        paid_out -repay_all-> completed
        completed -reopen-> paid_out            + what repaid it was reversed
        delivered -expire-> expired
        delivered -replace-> replaced
        delivered -cancel-> cancelled
        accepted -cancel-> cancelled            + its contract was declined or never signed
        draft -cancel-> cancelled               + what was asked of a person was refused or taken back
        paid_out -come_back-> cancelled         + the bank gave back what it had paid out
        delivered -pass_over-> passed_over
    """,
    "financing.Application": """
        draft -submit-> submitted
        submitted -assess-> under_review
        under_review -approve-> approved
        approved -sign-> contracted
        under_review -request_info-> info_requested
        info_requested -resubmit-> under_review
        under_review -take_up-> under_review    + somebody sees to it
        under_review -propose-> under_review    + one of two people has approved an amount
        under_review -reject-> rejected
        draft|submitted|under_review|approved -withdraw-> withdrawn
        info_requested -withdraw-> withdrawn    + whoever is asked something may also take it back
        approved -lapse-> lapsed
    """,
    "financing.Contract": """
        drafted -render-> rendered
        rendered -sign-> signed_by_seller
        signed_by_seller -countersign-> in_force
        in_force -fulfil-> fulfilled
        fulfilled -reopen-> in_force            + what fulfilled it was reversed
        in_force -terminate-> terminated
        drafted|rendered -void-> void
    """,
    "financing.Financing": """
        pending -disburse-> active
        active -repay_all-> repaid
        active -write_off-> written_off
        active -restructure-> restructured
        pending -cancel-> cancelled
        active -come_back-> cancelled           + the bank gave back what it had paid out
        active -overpay-> overpaid
        overpaid -refund_overpayment-> active
        repaid -reopen-> active                 + what repaid it was reversed
    """,
    "repayment.Demand": """
        planned -demand-> open                  + the due date of an instalment has come
        planned|open -pay-> met
        open -end-> breached
        met -reopen-> open                      + a payment that met it was reversed
        met -plan_again-> planned               + a payment that met an instalment ahead of its date was reversed
    """,
    "repayment.Event": """
        proposed -approve-> done
        proposed -refuse-> refused
    """,
    "repayment.ReliefRequest": """
        asked -grant-> granted
        asked -refuse-> refused
    """,
    "repayment.Sweep": """
        planned -reserve-> reserved
        reserved -release-> released
        reserved -execute-> executed
        executed -post-> posted
        posted -match-> matched
        executed -reject-> rejected
        rejected -retry-> retried
        posted -reverse-> reversed
        matched -reverse-> reversed             + the bank had it, and took it back
    """,
    "warehousing.WarehouseReceipt": """
        requested -issue-> issued
        requested -cancel-> cancelled           + announced goods that never come
        issued -pledge-> pledged
        pledged -release-> issued
        issued -withdraw-> delivered
        issued -split-> split
        issued -transfer-> issued
        issued|pledged -expire-> expired
        expired -revalidate-> issued
        expired -revalidate-> pledged
        pledged -invoke-> invoked
        invoked -sell-> sold
        invoked -transfer_title-> title_transferred
        any -freeze-> frozen
        frozen -unfreeze-> issued               + what stopped it is cleared up; it is again what it was
        frozen -unfreeze-> pledged              + likewise
        frozen -unfreeze-> expired              + likewise
        frozen -unfreeze-> invoked              + likewise
        issued -replace-> replaced
        frozen -replace-> replaced              + a lost paper is frozen first
    """,
    "warehousing.ReceiptTransfer": """
        offered -accept-> accepted              + the two steps of a receipt's transfer
        offered -decline-> declined
        offered -take_back-> taken_back
    """,
    "warehousing.Inspection": """
        assigned -succeed-> passed              + a surprise count by a second person
        assigned -fail-> failed
        assigned -cancel-> cancelled
        failed -resolve-> resolved
    """,
    "warehousing.Pledge": """
        requested -confirm-> pledged
        pledged -request_release-> release_requested
        release_requested -release-> released
        release_requested -release_in_part-> partially_released
        pledged -substitute-> pledged
        pledged -enforce-> enforcing
        enforcing -sell-> sold
        partially_released -request_release-> release_requested     + what stays goes on securing
        partially_released -substitute-> pledged                    + likewise
        partially_released -enforce-> enforcing                     + likewise
        pledged|partially_released -add-> pledged                   + goods that cure a margin call
        requested -cancel-> cancelled                               + taken back or refused before it held anything
        release_requested -decline_release-> pledged                + the financier keeps the goods
    """,
    "warehousing.MarginCall": """
        watch -call-> called
        watch -lose_price-> stale_price
        stale_price -regain_price-> watch
        stale_price -call-> called              + a stale price never hides a call
        called -cure_by_cash-> cured_by_cash
        called -cure_by_goods-> cured_by_goods
        called -cure_by_price-> cured_by_price
        called -pass_due_date-> overdue
        overdue -enforce-> enforcing
        watch|overdue -cure_by_cash-> cured_by_cash         + before the call, or late but before enforcement
        watch|overdue -cure_by_goods-> cured_by_goods       + likewise
        watch|overdue -cure_by_price-> cured_by_price       + likewise
    """,
    "products.ProductVersion": """
        draft -edit-> draft                     + who had a hand in the terms is on record
        draft -submit-> in_review
        in_review -approve-> active
        in_review -send_back-> draft
        active -retire-> retired
    """,
    "banking.PaymentBatch": """
        built -approve-> approved
        approved -send-> sent
        sent -accept-> accepted
        accepted -settle-> settled
        sent|accepted -reject-> rejected
        accepted|settled -give_back-> returned
        built -refuse-> refused                 + a withdrawal that no second person wants
    """,
    "financing.AllocationPlan": """
        proposed -apply-> applied
        proposed -drop-> dropped
        applied -replace-> replaced             + another plan came into force
    """,
    "banking.BankStatement": """
        read -book-> booked
        read -leave-> left
        left -accept-> booked                   + on the word of a person, where its balances cannot be proved
    """,
    "reconciliation.NightlyRun": """
        open -start-> running
        failed -start-> running                 + a failed night is started again
        running -balance-> balanced
        running -find_breaks-> with_breaks
        running -fail-> failed
        balanced|with_breaks -close-> closed
    """,
    "reconciliation.NightlyStep": """
        waiting -start-> running
        failed -start-> running                 + restartable
        running -finish-> done
        running -fail-> failed
        waiting -skip-> skipped
    """,
    "reconciliation.Break": """
        open -suggest-> suggested
        suggested -accept-> matched
        open -accept-> matched                  + an exact match needs no suggestion
        investigating|waiting_counterparty|pending_approval -accept-> matched   + who looks into it finds the pair
        open -assign-> investigating
        suggested -assign-> investigating       + what was suggested convinces nobody
        investigating -ask_counterparty-> waiting_counterparty
        investigating -ask_approval-> pending_approval
        waiting_counterparty -ask_approval-> pending_approval   + the other side answered, or never will
        pending_approval -refuse-> investigating                + the second person says no
        waiting_counterparty|pending_approval -adjust-> adjusted
        waiting_counterparty|pending_approval -arrive_late-> timing
        open|suggested|investigating -arrive_late-> timing      + the late leg asks nobody how far they are
        pending_approval -write_off-> written_off
        matched|adjusted|timing|written_off -reopen-> investigating
    """,
    "reconciliation.BackTest": """
        waiting -start-> running
        running -finish-> done
        running -fail-> failed
        waiting|running -cancel-> cancelled
        running -lose-> interrupted
        failed|cancelled|interrupted -ask_again-> waiting
    """,
    "reconciliation.RuleBook": """
        proposed -activate-> active
        proposed -drop-> dropped
        active -retire-> retired
    """,
}
