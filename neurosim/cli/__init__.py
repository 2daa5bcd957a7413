"""The command line: ``neurosim COMMAND``. Each command imports only the engines it needs, so that help appears at once."""

from neurosim.cli.app import app


def main() -> None:
    """Entry point of the console script."""
    app()


__all__ = ["app", "main"]
