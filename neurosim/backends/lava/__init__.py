"""Deployed networks in the formats of other tools."""
