"""Makes a result again and compares it with what is stored.

A file names its format; `neurosim.reproduce.formats.FORMATS` lists how each is made again.
"""

from neurosim.reproduce.again import reproduce
from neurosim.reproduce.verdict import Verdict

__all__ = ["Verdict", "reproduce"]
