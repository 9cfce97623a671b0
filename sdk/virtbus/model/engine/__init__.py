"""The engine under all documents: declare, read, strip, check, write."""
