"""The Profile service: people, organizations and roles by GraphQL, and the imports that fill it."""

from watchword.services.profile.congress import import_congress
from watchword.services.profile.errors import (
    DatabaseUnusable,
    ImportRefused,
    ProfileError,
    QueryTooSlow,
    RecordsUnavailable,
)
from watchword.services.profile.importing import ImportReport, Progress
from watchword.services.profile.invented import import_invented
from watchword.services.profile.samples import sample_person_id
from watchword.services.profile.service import ProfileService

__all__ = [
    "DatabaseUnusable",
    "ImportRefused",
    "ImportReport",
    "ProfileError",
    "ProfileService",
    "Progress",
    "QueryTooSlow",
    "RecordsUnavailable",
    "import_congress",
    "import_invented",
    "sample_person_id",
]
