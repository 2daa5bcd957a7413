"""Executions: the ways to run a described network, each with one contract, and their registry."""

from neurosim.backends.executions.contract import Execution, Given, Runner, Workload
from neurosim.backends.executions.registry import EXECUTIONS, OWN, blamed, execution, reasons, registered

__all__ = ["EXECUTIONS", "OWN", "Execution", "Given", "Runner", "Workload", "blamed", "execution", "reasons", "registered"]
