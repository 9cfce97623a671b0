"""Storage documents: pools, what pools can be, and volumes."""
