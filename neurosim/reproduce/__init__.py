"""Computing a result again and comparing it with the stored one.

Each file names its format; `neurosim.reproduce.formats.FORMATS` defines how results of each format are computed again.
"""

from neurosim.reproduce.again import reproduce
from neurosim.reproduce.verdict import Verdict

__all__ = ["Verdict", "reproduce"]
