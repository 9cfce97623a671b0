"""The agent for `test:///default` and `test:///PATH.xml`: domains in memory, no hypervisor."""
