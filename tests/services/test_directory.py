"""Which services run in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from watchword.bootstrap.services import build_services
from watchword.services.directory import ANSWERED_HERE
from watchword.settings import load_settings
from watchword.system import SystemClock

if TYPE_CHECKING:
    from pathlib import Path


def test_the_names_that_get_no_upstream_are_those_of_the_services_that_run_here(
    tmp_path: Path,
) -> None:
    services = build_services(load_settings(data_dir=tmp_path), SystemClock())

    assert {service.name for service in services} == ANSWERED_HERE
