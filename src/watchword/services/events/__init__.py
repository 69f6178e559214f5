"""The Events service: role starts and ends, out of the data that the Profile service serves."""

from watchword.services.events.service import EventsService

__all__ = ["EventsService"]
