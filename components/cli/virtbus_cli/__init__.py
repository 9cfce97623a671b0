"""The `virtbus` command."""
