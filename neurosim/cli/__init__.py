"""The command line: ``neurosim COMMAND``. Engines are imported inside the commands, so that help comes at once."""

from neurosim.cli.app import app


def main() -> None:
    """Entry point of the console script."""
    app()


__all__ = ["app", "main"]
