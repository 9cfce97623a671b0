"""The commands written by hand, a module each; its `command` is the command."""
