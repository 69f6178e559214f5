"""The data directory: how it is made, and how what is in it is opened."""

from watchword.deployment.initialising import Initialised, initialise, require_initialised
from watchword.deployment.opening import Deployment, open_deployment, open_request_log

__all__ = [
    "Deployment",
    "Initialised",
    "initialise",
    "open_deployment",
    "open_request_log",
    "require_initialised",
]
