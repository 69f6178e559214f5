"""The Profile service: people, organizations and roles by GraphQL, and the imports that fill it."""

from watchword.services.profile.congress import import_congress
from watchword.services.profile.errors import (
    DatabaseUnusable,
    ExportRefused,
    ImportRefused,
    ProfileError,
    QueryTooSlow,
    RecordsUnavailable,
)
from watchword.services.profile.importing import ImportReport, Progress
from watchword.services.profile.invented import import_invented
from watchword.services.profile.json_lines import import_json_lines
from watchword.services.profile.json_lines_writing import (
    export_json_lines,
    generate_json_lines,
    write_file,
)
from watchword.services.profile.listed_companies import import_listed_companies
from watchword.services.profile.samples import sample_person_id
from watchword.services.profile.service import ProfileService

__all__ = [
    "DatabaseUnusable",
    "ExportRefused",
    "ImportRefused",
    "ImportReport",
    "ProfileError",
    "ProfileService",
    "Progress",
    "QueryTooSlow",
    "RecordsUnavailable",
    "export_json_lines",
    "generate_json_lines",
    "import_congress",
    "import_invented",
    "import_json_lines",
    "import_listed_companies",
    "sample_person_id",
    "write_file",
]
