"""`virtbus-test-agent`."""

from virtbus.agent import run

from .driver import TestDriver


def main() -> None:
    """Run the agent."""
    run(TestDriver)


if __name__ == "__main__":
    main()
