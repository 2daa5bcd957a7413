"""The version; in a module of its own, so that no part of the package has to import all of it."""

__version__ = "0.1.0"
