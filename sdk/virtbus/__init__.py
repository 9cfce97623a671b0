"""virtbus: manage virtual machines and containers of many hypervisors through one API."""
