"""Every setting, once: name, default, unit and help. The reference page is made from here.

The only module that reads the environment. A flag wins over `WATCHWORD_<NAME>`, that over
`watchword.toml` in the data directory, that over the default.
"""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, get_type_hints
from urllib.parse import urlsplit

import msgspec

from watchword.access.errors import WatchwordError
from watchword.access.limiter import FailureLimit, FailureLimits
from watchword.access.names import SLUG

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE_NAME: Final = "watchword.toml"
_PREFIX: Final = "WATCHWORD_"
_LARGEST_PORT: Final = 65_535
_MINUTE: Final = timedelta(minutes=1)
_AT_LEAST_ONE: Final = (
    "workers",
    "body_limit",
    "upstream_connections",
    "answer_limit",
    "tokens_remembered",
    "documents_remembered",
    "failures_by_name",
    "failures_by_address",
)
_ABOVE_ZERO: Final = ("query_timeout", "upstream_connect_timeout", "upstream_timeout")
_LONGEST_SECONDS: Final = 86_400
_MOST_DAYS: Final = 90
_SHORTEST_SECRET: Final = 32
_PICTURES: Final = {
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
}
_COLOR: Final = re.compile(r"#(?:[0-9A-Fa-f]{3}){1,2}", re.ASCII)
_DATA_DIR: Final = Path("watchword-data")


class SettingError(WatchwordError):
    """A setting cannot be used; the text names it and says what to do."""


def _setting(default: object, help_text: str, unit: str = "", *, is_secret: bool = False) -> Any:  # noqa: ANN401 - as field()
    metadata = {"help": help_text, "unit": unit}
    return field(default=default, metadata=metadata, repr=not is_secret)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How this deployment runs. Made by `load_settings`; every value has been checked."""

    data_dir: Path = _setting(
        _DATA_DIR, "Folder of the databases, the secret and `watchword.toml`."
    )
    host: str = _setting("127.0.0.1", "Address to listen on.")
    port: int = _setting(8080, "Port to listen on; 0 takes a free one.")
    unix_socket: str = _setting(
        "",
        "Path of a Unix socket to listen on instead of host and port, for the owner and the group "
        "(mode 660). Who may open it is believed as a proxy in front is; base_url has to be set.",
    )
    workers: int = _setting(1, "Server processes.", "processes")
    base_url: str = _setting(
        "",
        "The URL under which callers reach this server; the `iss` of every token. "
        "Empty: made from host and port.",
    )
    base_domain: str = _setting(
        "",
        "Each service is also served on a host name of its own, `<service>.<base_domain>`. "
        "Empty: the host of base_url, or `localhost` where that is an address.",
    )
    allow_plain_http: bool = _setting(
        False,
        "Serve plain HTTP on other addresses than loopback. Only behind a proxy that ends TLS.",
    )
    accept_bare_token: bool = _setting(
        False, "Accept `Authorization: <token>` without `Bearer`, as one published example sends."
    )
    trusted_proxies: str = _setting(
        "",
        "Addresses or networks of the proxies in front, with commas between: "
        "`10.0.0.5, 10.1.0.0/16`. Their `X-Forwarded-*` headers are believed. So are those of who "
        "sends proxy_secret or comes over unix_socket, and nobody else's.",
    )
    proxy_secret: str = _setting(
        "",
        "A proxy that sends it as `X-Watchword-Proxy` is believed from any address: who called "
        "and, at `/authorize`, method, URI and host of the call. At least 32 characters; nobody "
        "else may know it.",
        is_secret=True,
    )
    failures_by_name: int = _setting(
        10,
        "Failed authentications of one user name at one address before 429; the same number a "
        "minute is let through afterwards. Wrong operator tokens count as one name's.",
        "failures",
    )
    failures_by_address: int = _setting(
        100,
        "Failed authentications at one address before 429, whatever the names, wrong operator "
        "tokens included; the same number a minute is let through afterwards. All of an IPv6 /64 "
        "count as one address.",
        "failures",
    )
    body_limit: int = _setting(1_048_576, "Largest body of a GraphQL request.", "bytes")
    query_timeout: float = _setting(
        5.0,
        "How long a request to a service of ours may take, from its arrival on; what takes longer "
        "is refused as `QUERY_TOO_SLOW`.",
        "seconds",
    )
    upstream_connect_timeout: float = _setting(
        2.0,
        "How long a connection to an upstream may take, waiting for a free one included.",
        "seconds",
    )
    upstream_timeout: float = _setting(
        30.0,
        "How long an upstream may take until its answer begins, and between two pieces of it. "
        "Event streams may pause for as long as they like.",
        "seconds",
    )
    upstream_connections: int = _setting(
        256,
        "Connections to one upstream at once, a worker; an event stream takes one.",
        "connections",
    )
    answer_limit: int = _setting(
        67_108_864,
        "Largest answer of a service, of ours or passed on, event streams aside.",
        "bytes",
    )
    tokens_remembered: int = _setting(
        16_384, "Verified tokens kept in memory, a worker; about 1 kB each.", "tokens"
    )
    documents_remembered: int = _setting(
        1_024, "Parsed GraphQL documents kept in memory, a worker and service.", "documents"
    )
    request_log_days: int = _setting(
        7,
        "How long the calls of each account are kept, one by one, for its own people to see: who "
        "asked which operation, and what came of it; never a query. 0 keeps none.",
        "days",
    )
    brand_name: str = _setting("watchword", "What the portal is called, on every page.")
    brand_logo: str = _setting(
        "",
        "Path of a picture (SVG, PNG, WebP or JPEG) that every page shows beside the name. It is "
        "read when the first page is asked for.",
    )
    brand_color: str = _setting(
        "", "The colour of links and buttons, as `#0a5c5c`. Empty: the one that pages come with."
    )
    log_level: str = _setting("info", "Least severe level that is logged: debug to critical.")
    access_log: bool = _setting(
        False, "Log every request in a line of its own, whatever log_level."
    )
    metrics_from: str = _setting(
        "",
        "Addresses or networks that may read `/metrics` without an operator token, with commas "
        "between. A program on this machine always may, if it asks `127.0.0.1` or `localhost` "
        "and no proxy.",
    )
    otlp_endpoint: str = _setting(
        "",
        "Send traces to this collector, by OTLP over HTTP: `http://127.0.0.1:4318`. Needs the "
        "extra `otel`. Empty: nothing is traced.",
    )

    @property
    def proxy_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The proxies in front."""
        return _to_networks(self.trusted_proxies)

    @property
    def metrics_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Who may read the metrics without a token."""
        return _to_networks(self.metrics_from)

    @property
    def failure_limits(self) -> FailureLimits:
        """How many failed authentications are let through."""
        return FailureLimits(
            by_name=FailureLimit(self.failures_by_name, _MINUTE / self.failures_by_name),
            by_address=FailureLimit(self.failures_by_address, _MINUTE / self.failures_by_address),
        )

    @property
    def public_url(self) -> str:
        """The base URL without a slash at its end, made from host and port when not set."""
        return self.base_url.rstrip("/") or self._host_and_port

    @property
    def address(self) -> str:
        """Where is listened: a URL, or the path of a Unix socket behind `unix:`."""
        return f"unix:{self.unix_socket}" if self.unix_socket else self._host_and_port

    @property
    def _host_and_port(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def services_domain(self) -> str:
        """The domain under which each service has a host name."""
        if self.base_domain:
            return self.base_domain
        host = urlsplit(self.public_url).hostname or ""
        return "localhost" if _is_address(host) else host

    def service_host(self, service: str) -> str:
        """Return the host name of a service, without a port."""
        return f"{service}.{self.services_domain}".lower()

    def service_url(self, service: str) -> str:
        """Return the base URL of a service's own host."""
        parts = urlsplit(self.public_url)
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{self.service_host(service)}{port}"

    def graphql_urls(self, service: str) -> tuple[str, str]:
        """Return the URLs under which a service is called: by path, and on its own host."""
        return (
            f"{self.public_url}/{service}/v1/graphql",
            f"{self.service_url(service)}/v1/graphql",
        )

    def find_service(self, url: str) -> str | None:
        """Return the name of the service that a URL would call, whether there is one or not."""
        for spelled in self.graphql_urls("*"):
            before, _, after = spelled.partition("*")
            name = url.rstrip("/").removeprefix(before).removesuffix(after)
            if SLUG.fullmatch(name) and url.rstrip("/") == before + name + after:
                return name
        return None

    @property
    def logo(self) -> Path | None:
        """The file of the picture beside the name; None for none."""
        return Path(self.brand_logo) if self.brand_logo else None

    @property
    def logo_kind(self) -> str:
        """The media type of that picture; "" for none that pages show."""
        return _PICTURES.get(Path(self.brand_logo).suffix.lower(), "")

    @property
    def database(self) -> Path:
        """The file of accounts, keys and tokens."""
        return self.data_dir / "watchword.db"

    @property
    def usage_database(self) -> Path:
        """The file of what is counted."""
        return self.data_dir / "usage.db"

    @property
    def request_database(self) -> Path:
        """The file of the request log."""
        return self.data_dir / "requests.db"

    @property
    def profile_database(self) -> Path:
        """The file of the Profile service."""
        return self.data_dir / "profile.db"

    @property
    def secret_file(self) -> Path:
        """The file of the deployment's secret."""
        return self.data_dir / "secret.key"

    @property
    def own_files(self) -> frozenset[Path]:
        """The files that a deployment lives by, and that no command writes over."""
        databases = (
            self.database,
            self.usage_database,
            self.request_database,
            self.profile_database,
        )
        beside = {Path(f"{file}{end}") for file in databases for end in ("-wal", "-shm")}
        return frozenset({*databases, *beside, self.secret_file, self.data_dir / FILE_NAME})


def is_of_deployment(file: Path) -> bool:
    """Return whether a file is one of those that the deployment of its folder lives by."""
    there = Settings(data_dir=file.parent)
    return there.secret_file.exists() and file in there.own_files


def load_settings(**flags: object) -> Settings:
    """Return the settings from flags, environment, file and defaults.

    Args:
        **flags: Values from the command line; None where none was given.

    Raises:
        SettingError: If a value cannot be used.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    environment = _from_environment(os.environ)
    data_dir = Path(str(given.get("data_dir") or environment.get("data_dir") or _DATA_DIR))
    merged = {**_from_file(data_dir / FILE_NAME), **environment, **given, "data_dir": data_dir}
    settings = replace(Settings(), **merged)
    _check(settings)
    return settings


def describe_settings() -> list[dict[str, str]]:
    """Return name, environment variable, default, unit and help of every setting."""
    return [
        {
            "name": item.name,
            "variable": _PREFIX + item.name.upper(),
            "default": _show(item.default),
            "unit": item.metadata["unit"],
            "help": item.metadata["help"],
        }
        for item in fields(Settings)
    ]


def _show(default: object) -> str:
    return str(default).lower() if isinstance(default, bool) else str(default)


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    return {
        item.name: _convert(_PREFIX + item.name.upper(), item.name, text)
        for item in fields(Settings)
        if (text := environment.get(_PREFIX + item.name.upper())) is not None
    }


def _from_file(path: Path) -> dict[str, Any]:
    try:
        members = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError, RecursionError) as error:
        raise SettingError(f"cannot read {path}: {error}") from error
    known = [item.name for item in fields(Settings) if item.name != "data_dir"]
    for name in members:
        if name not in known:
            raise SettingError(f"{path}: there is no setting {name!r} (known: {', '.join(known)})")
    return {name: _convert(f"{path}: {name}", name, value) for name, value in members.items()}


def _convert(where: str, name: str, value: object) -> object:
    kind = get_type_hints(Settings)[name]
    try:
        return Path(str(value)) if kind is Path else msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError as error:
        raise SettingError(f"{where} cannot be {value!r}: {error}") from error


def _check(settings: Settings) -> None:
    _check_figures(settings)
    if 0 < len(settings.proxy_secret) < _SHORTEST_SECRET:
        raise SettingError(f"proxy_secret has at least {_SHORTEST_SECRET} characters")
    if settings.log_level not in {"debug", "info", "warning", "error", "critical"}:
        raise SettingError("log_level is debug, info, warning, error or critical")
    for name in ("trusted_proxies", "metrics_from"):
        try:
            _to_networks(getattr(settings, name))
        except ValueError as error:
            raise SettingError(f"{name}: {error}") from error
    if settings.unix_socket and not settings.base_url:
        raise SettingError("base_url is needed with unix_socket: no port says what callers see")
    _check_brand(settings)
    _check_transport(settings)
    if settings.otlp_endpoint:
        _check_collector(settings.otlp_endpoint)


def _check_figures(settings: Settings) -> None:
    if not 0 <= settings.port <= _LARGEST_PORT:
        raise SettingError(f"port is 0 to {_LARGEST_PORT}, not {settings.port}")
    for name in _AT_LEAST_ONE:
        if getattr(settings, name) < 1:
            raise SettingError(f"{name} is at least 1, not {getattr(settings, name)}")
    if not 0 <= settings.request_log_days <= _MOST_DAYS:
        raise SettingError(
            f"request_log_days is 0 to {_MOST_DAYS}, not {settings.request_log_days}"
        )
    for name in _ABOVE_ZERO:
        if not 0 < getattr(settings, name) <= _LONGEST_SECONDS:
            raise SettingError(
                f"{name} is more than 0 and at most {_LONGEST_SECONDS} seconds, "
                f"not {getattr(settings, name)}"
            )


def _check_brand(settings: Settings) -> None:
    if settings.brand_color and not _COLOR.fullmatch(settings.brand_color):
        raise SettingError(f"brand_color is a colour as #0a5c5c, not {settings.brand_color!r}")
    picture = settings.logo
    if picture is None:
        return
    if not settings.logo_kind:
        raise SettingError("brand_logo is a file that ends in .svg, .png, .webp, .jpg or .jpeg")
    try:
        picture.open("rb").close()
    except OSError as error:
        raise SettingError(f"brand_logo cannot be read: {error}") from error


def _check_transport(settings: Settings) -> None:
    try:
        parts = urlsplit(settings.public_url)
        _ = parts.port
    except ValueError as error:
        raise SettingError(f"base_url cannot be read: {error}") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SettingError(f"base_url is an http or https URL, not {settings.base_url!r}")
    if parts.path or parts.query or parts.fragment or parts.username:
        raise SettingError("base_url is scheme, host and port alone, as https://api.example.com")
    if settings.allow_plain_http:
        return
    if not _is_loopback(settings.host):
        raise SettingError(
            f"{settings.host} is not loopback, and passwords would cross it in the clear: listen "
            "on 127.0.0.1 behind a proxy that ends TLS, or set allow_plain_http"
        )
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise SettingError("base_url is https for any host but loopback, or set allow_plain_http")


def _check_collector(url: str) -> None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise SettingError(f"otlp_endpoint cannot be read: {error}") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SettingError(f"otlp_endpoint is an http or https URL, not {url!r}")
    if parts.username or parts.query or parts.fragment:
        raise SettingError(
            "otlp_endpoint is scheme, host, port and path alone; credentials belong into the "
            "environment, as OTEL_EXPORTER_OTLP_HEADERS"
        )


def _to_networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    parts = [part.strip() for part in text.split(",")]
    return tuple(ip_network(part) for part in parts if part)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    if _is_address(host):
        return ip_address(host).is_loopback
    return host == "localhost" or host.endswith(".localhost")
