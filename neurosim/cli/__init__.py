"""The command line: ``neurosim COMMAND``. Each command imports the engines it needs by itself, so that help appears at once."""

from neurosim.cli.app import app


def main() -> None:
    """Entry point of the console script."""
    app()


__all__ = ["app", "main"]
