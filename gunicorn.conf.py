"""How gunicorn serves, wherever it is started in this folder. What its command line says wins."""

threads = 4

# Longer in seconds than a proxy keeps an idle connection (nginx: 60), and than a person reads a page: the server is
# not the side that hangs up, for a request that is under way at that very moment would be lost.
keepalive = 75
