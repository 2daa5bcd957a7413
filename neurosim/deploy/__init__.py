"""Network -> chip: lower, check, quantise; and the deployment that comes out."""

from neurosim.deploy.deployment import Deployment, deploy
from neurosim.deploy.loihi_rule import from_loihi

__all__ = ["Deployment", "deploy", "from_loihi"]
