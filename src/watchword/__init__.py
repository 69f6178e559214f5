"""The access layer for GraphQL data APIs."""

from importlib.metadata import version

__version__ = version("watchword")
