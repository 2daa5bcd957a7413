"""Network -> chip: lower, check, quantise; and the deployment that comes out."""

from neurosim.deploy.deployment import Deployment, deploy

__all__ = ["Deployment", "deploy"]
