"""Lava processes that are not part of Lava; copied beside every exported graph.

Lava loads every file in this folder separately when it searches for the models of a process.
"""
