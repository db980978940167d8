"""Messages to sellers in words, and their way out by e-mail and telephone."""
