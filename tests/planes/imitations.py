"""Planes that do not run here: they ask and obey as their sources say, with the pages' files.

Traefik 3 (`forwardAuth`), APISIX (`forward-auth`), the filter `ExternalAuth` of the Gateway API,
and Envoy Gateway (`extAuth`). What is not about authorizing is left out.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import yaml

from planes.programs import EXAMPLES
from planes.wire import Answer, Call, only, send, values_of, without

if TYPE_CHECKING:
    from planes.wire import Headers

_HOP_BY_HOP = ("Connection", "Keep-Alive", "Te", "Trailers", "Transfer-Encoding", "Upgrade")


class Imitation(ABC):
    """Asks, and passes the call on or answers it.

    Args:
        watchword: The port of watchword.
        upstream: The port of the service behind the plane.
    """

    def __init__(self, watchword: int, upstream: int) -> None:
        self._watchword = watchword
        self._upstream = upstream

    def send(self, call: Call) -> Answer:
        """Do with a call what the plane does."""
        # What a caller calls hop-by-hop is gone before anybody is asked.
        nominated = [
            name.strip()
            for value in values_of(call.headers, "Connection")
            for name in value.split(",")
        ]
        headers = without(call.headers, [*nominated, "Connection"])
        try:
            answer = send(self._watchword, self.ask(call, headers))
        except OSError:
            return Answer(self.status_without_answer, [], b"")
        if not self.admits(answer.status):
            refused = self.refuse(answer)
            # No HTTP server sends a body in answer to HEAD.
            return replace(refused, body=b"") if call.method == "HEAD" else refused
        passed = self.pass_on(headers, answer)
        return send(self._upstream, Call(call.method, call.target, passed, call.body, call.host))

    status_without_answer: int

    @abstractmethod
    def ask(self, call: Call, headers: Headers) -> Call:
        """Return the request that the plane sends to its authorizer."""

    @abstractmethod
    def admits(self, status: int) -> bool:
        """Tell whether a status lets a call pass."""

    @abstractmethod
    def refuse(self, answer: Answer) -> Answer:
        """Return what the caller gets instead."""

    @abstractmethod
    def pass_on(self, headers: Headers, answer: Answer) -> Headers:
        """Return the headers that the upstream gets."""


class Traefik(Imitation):
    """`forwardAuth` of a file provider."""

    status_without_answer = 500

    def __init__(self, watchword: int, upstream: int) -> None:
        super().__init__(watchword, upstream)
        middlewares = _read("traefik.yaml")[0]["http"]["middlewares"]
        self._auth = middlewares["profile-authorize"]["forwardAuth"]
        self._strip = middlewares["profile-strip"]["headers"]["customRequestHeaders"]

    def ask(self, call: Call, headers: Headers) -> Call:
        asked = only(without(headers, _HOP_BY_HOP), self._auth["authRequestHeaders"])
        asked += [("Accept-Encoding", "gzip"), *_forwarded(call)]
        address, path = _split(self._auth["address"])
        return Call("GET", path, asked, b"", address)

    def admits(self, status: int) -> bool:
        return 200 <= status < 300

    def refuse(self, answer: Answer) -> Answer:
        return Answer(answer.status, without(answer.headers, _HOP_BY_HOP), answer.body)

    def pass_on(self, headers: Headers, answer: Answer) -> Headers:
        pattern = re.compile(self._auth["authResponseHeadersRegex"], re.IGNORECASE)
        kept = [(name, value) for name, value in headers if not pattern.search(name)]
        told = [(name, value) for name, value in answer.headers if pattern.search(name)]
        assert not any(self._strip.values())
        return without(kept + told, self._strip)


class Apisix(Imitation):
    """`forward-auth` of a route."""

    def __init__(self, watchword: int, upstream: int) -> None:
        super().__init__(watchword, upstream)
        plugins = _read("apisix.yaml")[0]["routes"][0]["plugins"]
        self._auth = plugins["forward-auth"]
        self._removed = plugins["proxy-rewrite"]["headers"]["remove"]
        self.status_without_answer = self._auth["status_on_error"]

    def ask(self, call: Call, headers: Headers) -> Call:
        asked = _forwarded(call)
        for name in self._auth["request_headers"]:
            # The first of several.
            asked += [(name, value) for value in values_of(headers, name)[:1]]
        address, path = _split(self._auth["uri"])
        return Call("GET", path, asked, b"", address)

    def admits(self, status: int) -> bool:
        return status < 300

    def refuse(self, answer: Answer) -> Answer:
        kept = only(answer.headers, self._auth["client_headers"])
        return Answer(answer.status, kept, answer.body)

    def pass_on(self, headers: Headers, answer: Answer) -> Headers:
        names = self._auth["upstream_headers"]
        passed = without(headers, names) + only(answer.headers, names)
        return without(passed, self._removed)


class Prefixing(Imitation):
    """Asks with the original method, and the original path behind a prefix, as Envoy does."""

    prefix: str
    asked: list[str]
    copied: list[str]
    removed: list[str]

    def ask(self, call: Call, headers: Headers) -> Call:
        always = ("Authorization", "Content-Length")
        asked = [*only(headers, [*self.asked, *always]), ("Content-Length", "0")]
        return Call(call.method, self.prefix + call.target, asked, b"", call.host)

    def admits(self, status: int) -> bool:
        return status == 200

    def pass_on(self, headers: Headers, answer: Answer) -> Headers:
        passed = without(headers, self.copied) + only(answer.headers, self.copied)
        return without(passed, self.removed)


class GatewayApi(Prefixing):
    """The filter `ExternalAuth`. What a refused caller reads is nowhere said."""

    status_without_answer = 403

    def __init__(self, watchword: int, upstream: int) -> None:
        super().__init__(watchword, upstream)
        rule = _read("gateway-api.yaml")[0]["spec"]["rules"][0]
        (auth,) = rule["filters"]
        (modifier,) = rule["backendRefs"][0]["filters"]
        http = auth["externalAuth"]["http"]
        self.prefix = http["path"]
        self.asked, self.copied = http["allowedHeaders"], http["allowedResponseHeaders"]
        self.removed = modifier["requestHeaderModifier"]["remove"]

    def refuse(self, answer: Answer) -> Answer:
        status = answer.status if answer.status < 500 else self.status_without_answer
        return Answer(status, [], b"")


class EnvoyGateway(Prefixing):
    """`extAuth` of a `SecurityPolicy`."""

    def __init__(self, watchword: int, upstream: int) -> None:
        super().__init__(watchword, upstream)
        route, policy = _read("envoy-gateway.yaml")
        auth = policy["spec"]["extAuth"]
        assert auth["failOpen"] is False
        (modifier,) = route["spec"]["rules"][0]["filters"]
        self.prefix = auth["http"]["path"]
        self.asked, self.copied = auth["headersToExtAuth"], auth["http"]["headersToBackend"]
        self.removed = modifier["requestHeaderModifier"]["remove"]
        self.status_without_answer = auth["statusOnError"]

    def refuse(self, answer: Answer) -> Answer:
        if answer.status >= 500:
            return Answer(self.status_without_answer, [], b"")
        return answer


def _forwarded(call: Call) -> Headers:
    return [
        ("X-Forwarded-Proto", "http"),
        ("X-Forwarded-Method", call.method),
        ("X-Forwarded-Host", call.host),
        ("X-Forwarded-Uri", call.target),
        ("X-Forwarded-For", "127.0.0.1"),
    ]


def _split(url: str) -> tuple[str, str]:
    address, slash, path = url.removeprefix("http://").partition("/")
    return address, slash + path


def _read(name: str) -> list[Any]:
    return list(yaml.safe_load_all((EXAMPLES / name).read_text("utf-8")))
