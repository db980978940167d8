"""What the staged lines of the Olist files say of each seller's share of each order, as the database reads them.

The data set has its oddities; each is taken in the way that claims the least, and counted.
"""

# What was put together from several items or payments stands beside the single ones.
_SHARES = """
    SELECT line, order_id, seller_id AS seller, order_status AS status,
        order_purchase_timestamp AS placed_at, order_approved_at AS approved, order_delivered_carrier_date AS carrier,
        order_delivered_customer_date AS customer, order_estimated_delivery_date AS expected_at,
        coalesce(goods, price) AS goods, coalesce(freight, freight_value) AS freight,
        coalesce(payment, payment_value) AS payment, coalesce(articles, ARRAY[product_id]) AS articles,
        product_id AS first_article,
        coalesce(prices, ARRAY[price]) AS article_prices, coalesce(freights, ARRAY[freight_value]) AS article_freights
    FROM feed_orders
"""

# No goods are shipped before they are ordered, nor delivered before they are shipped: the later time is believed.
_TIMES = f"""
    SELECT *, status IN ('canceled', 'unavailable') AS ended,
        CASE WHEN coalesce(carrier, customer) IS NOT NULL THEN greatest(carrier, placed_at) END AS shipped_at,
        CASE WHEN customer IS NOT NULL THEN greatest(customer, carrier, placed_at) END AS delivered_at
    FROM ({_SHARES}) AS shares
"""  # noqa: S608  all of it stands here

# Paid when approved, or else when shipped. What ended without either was never paid.
_PAYMENT = f"""
    SELECT *, coalesce(approved, shipped_at, CASE WHEN NOT ended AND status <> 'created' THEN placed_at END) AS paid_at
    FROM ({_TIMES}) AS times
"""  # noqa: S608  all of it stands here

_STATE = f"""
    SELECT *, CASE WHEN paid_at IS NULL THEN 0 ELSE coalesce(payment, goods + freight) END AS paid,
        CASE
            WHEN ended AND paid_at IS NOT NULL AND payment IS DISTINCT FROM 0 THEN 'refunded'
            WHEN ended THEN 'cancelled'
            WHEN status = 'created' THEN 'placed'
            WHEN status IN ('approved', 'processing', 'invoiced') THEN 'paid'
            WHEN status IN ('shipped', 'delivered') AND shipped_at IS NULL THEN 'paid'
            WHEN status = 'delivered' AND delivered_at IS NULL THEN 'shipped'
            ELSE status
        END AS state
    FROM ({_PAYMENT}) AS payments
"""  # noqa: S608  all of it stands here

TOLD = f"""
    SELECT line, order_id, seller, state, {{currency}} AS currency, goods, freight, paid,
        CASE state WHEN 'refunded' THEN paid ELSE 0 END AS refunded, coalesce(category, '') AS category,
        placed_at, paid_at, shipped_at, delivered_at, expected_at,
        CASE WHEN ended THEN greatest(placed_at, approved, carrier, customer) END AS ended_at,
        articles, article_prices, article_freights
    FROM ({_STATE}) AS states
    LEFT JOIN (
        SELECT product_id, left(coalesce(product_category_name_english, product_category_name), 80) AS category
        FROM feed_products LEFT JOIN feed_translation USING (product_category_name)
    ) AS products ON products.product_id = first_article
"""  # noqa: S608  all of it stands here

ODD = {
    "handed over before they were placed: taken as handed over when placed": (
        "order_delivered_carrier_date < order_purchase_timestamp"
    ),
    "delivered before they were handed over: taken as delivered when handed over": (
        "order_delivered_customer_date < order_delivered_carrier_date"
    ),
    "paid only after they were handed over: told as they are": "order_approved_at > order_delivered_carrier_date",
    "paid only after they were delivered: told as they are": "order_approved_at > order_delivered_customer_date",
    "never approved: taken as paid when handed over, or as never paid": "order_approved_at IS NULL",
    "delivered without a date: taken as not delivered yet": (
        "order_delivered_customer_date IS NULL AND order_status = 'delivered'"
    ),
    "without a payment: taken as paid what the items cost": "coalesce(payment, payment_value) IS NULL",
}
_COUNTS = ", ".join(f"count(*) FILTER (WHERE {odd})" for odd in ODD.values())
ODDITIES = f"SELECT {_COUNTS} FROM feed_orders WHERE part = 1"  # noqa: S608  all of it stands here
