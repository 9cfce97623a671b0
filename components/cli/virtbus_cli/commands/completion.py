"""`virtbus completion`."""

from __future__ import annotations

import click

from ..base import BusCommand


@click.command(
    "completion", cls=BusCommand, section="Start here", shared=(), short_help="For your shell"
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print what makes a shell complete commands, options and the names of domains.

    eval "$(virtbus completion bash)"                               in ~/.bashrc
    eval "$(virtbus completion zsh)"                                in ~/.zshrc
    virtbus completion fish >~/.config/fish/completions/virtbus.fish
    """
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None, "click knows each of the choices"
    print(kind(context.find_root().command, {}, "virtbus", "_VIRTBUS_COMPLETE").source())
