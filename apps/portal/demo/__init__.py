"""Two generated platforms to look around in: people, goods and orders are invented, dated relative to today."""
