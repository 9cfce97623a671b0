"""What interfaces and networks have in common: addresses, routes, limits, switch ports."""
