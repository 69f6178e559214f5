from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from watchword.settings import SettingError, describe_settings, load_settings

if TYPE_CHECKING:
    from pathlib import Path


def test_a_flag_wins_over_the_environment_that_over_the_file_that_over_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "watchword.toml").write_text("port = 1\nworkers = 2\nlog_level = 'debug'\n")
    monkeypatch.setenv("WATCHWORD_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("WATCHWORD_PORT", "3")
    monkeypatch.setenv("WATCHWORD_ACCEPT_BARE_TOKEN", "true")

    settings = load_settings(workers=4, host=None)

    assert (settings.port, settings.workers, settings.log_level) == (3, 4, "debug")
    assert settings.accept_bare_token is True
    assert settings.host == "127.0.0.1"
    assert settings.data_dir == tmp_path


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("prot = 1", "there is no setting 'prot'"),
        ("port = 'many'", "port cannot be 'many'"),
        ("port = [1]", "port cannot be"),
        ("port = 70000", "port is 0 to 65535"),
        ("workers = 0", "workers is at least 1"),
        ("body_limit = 0", "body_limit is at least 1"),
        ("upstream_connections = 0", "upstream_connections is at least 1"),
        ("answer_limit = 0", "answer_limit is at least 1"),
        ("upstream_timeout = 0", "upstream_timeout is more than 0"),
        ("upstream_timeout = inf", "upstream_timeout is more than 0 and at most 86400"),
        ("upstream_connect_timeout = nan", "upstream_connect_timeout is more than 0"),
        ("log_level = 'loud'", "log_level is debug"),
        ("port = ", "cannot read"),
        ("host = '0.0.0.0'", "not loopback"),
        ("host = '::'", "not loopback"),
        ("unix_socket = '/run/ww.sock'", "base_url is needed with unix_socket"),
        ("trusted_proxies = 'here'", "trusted_proxies: 'here'"),
        ("metrics_from = '10.0.0.1/8'", "metrics_from: 10.0.0.1/8"),
        ("otlp_endpoint = 'collector:4318'", "http or https URL"),
        ("otlp_endpoint = 'http://x:port'", "cannot be read"),
        ("otlp_endpoint = 'https://u:p@x'", "OTEL_EXPORTER_OTLP_HEADERS"),
        ("base_url = 'ftp://x'", "http or https URL"),
        ("base_url = 'https://u:p@x'", "scheme, host and port alone"),
        ("base_url = 'https://x:port'", "cannot be read"),
        ("base_url = 'http://example.com'", "https for any host but loopback"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_reason(
    tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "watchword.toml").write_text(text)

    with pytest.raises(SettingError) as refused:
        load_settings(data_dir=tmp_path)

    assert said in str(refused.value)


def test_a_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHWORD_ALLOW_PLAIN_HTTP", "perhaps")

    with pytest.raises(SettingError, match="WATCHWORD_ALLOW_PLAIN_HTTP cannot be 'perhaps'"):
        load_settings()


@pytest.mark.parametrize(
    ("flags", "public", "service"),
    [
        ({}, "http://127.0.0.1:8080", "http://profile.localhost:8080"),
        ({"host": "::1"}, "http://[::1]:8080", "http://profile.localhost:8080"),
        ({"base_url": "https://api.example.com/"}, "https://api.example.com",
         "https://profile.api.example.com"),
        ({"base_url": "https://api.example.com", "base_domain": "Example.com"},
         "https://api.example.com", "https://profile.example.com"),
        ({"host": "0.0.0.0", "allow_plain_http": True, "base_url": "https://api.example.com"},
         "https://api.example.com", "https://profile.api.example.com"),
    ],
)  # fmt: skip
def test_urls_are_made_from_what_is_set(
    flags: dict[str, object], public: str, service: str
) -> None:
    settings = load_settings(**flags)

    assert settings.public_url == public
    assert settings.service_url("profile") == service


def test_every_setting_is_described() -> None:
    described = describe_settings()

    assert all(item["help"].endswith(".") for item in described)
    assert {item["variable"] for item in described} >= {"WATCHWORD_PORT", "WATCHWORD_DATA_DIR"}


def test_an_unknown_name_in_the_environment_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHWORD_KEY", "a secret of a client")

    assert load_settings(data_dir=tmp_path).port == 8080
