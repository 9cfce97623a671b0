"""What travels on the bus: headers, bodies, limits, sockets. See sdk/PROTOCOL.md."""
