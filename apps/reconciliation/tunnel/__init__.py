"""The wind tunnel: a version of a product tried on the platform's own past, in memory, with the night's arithmetic.

`reading` takes the past in, `past` is what it is, `trial` lives one seller through it, `lived` is one financing of
that, `outcome` adds up.
"""
