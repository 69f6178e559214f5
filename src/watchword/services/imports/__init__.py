"""How records come in and go out: published data sets, JSON Lines, invented people."""

from watchword.services.imports.congress import import_congress
from watchword.services.imports.importing import ImportReport, Progress
from watchword.services.imports.invented import import_invented
from watchword.services.imports.json_lines import READING, import_json_lines
from watchword.services.imports.json_lines_writing import (
    export_json_lines,
    generate_json_lines,
)
from watchword.services.imports.listed_companies import import_listed_companies
from watchword.services.imports.output_file import WrittenFile, write_file

__all__ = [
    "READING",
    "ImportReport",
    "Progress",
    "WrittenFile",
    "export_json_lines",
    "generate_json_lines",
    "import_congress",
    "import_invented",
    "import_json_lines",
    "import_listed_companies",
    "write_file",
]
