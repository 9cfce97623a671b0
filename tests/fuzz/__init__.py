"""Documents that nobody would write, and what they must not bring about."""
