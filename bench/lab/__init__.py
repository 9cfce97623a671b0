"""Daemons for the benchmark: how they are started, watched and ended."""
