"""Lava processes that Lava does not ship; copied beside every exported graph.

Each file stands alone, because Lava loads every file in this folder by itself when it looks for the models of a process.
"""
