"""The Profile service: people, organizations and what joins them, by GraphQL."""

from watchword.services.profile.service import ProfileService

__all__ = ["ProfileService"]
