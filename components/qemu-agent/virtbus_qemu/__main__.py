"""`virtbus-qemu-agent`."""

from virtbus.agent import run

from .driver import QemuDriver


def main() -> None:
    """Run the agent."""
    run(QemuDriver)


if __name__ == "__main__":
    main()
