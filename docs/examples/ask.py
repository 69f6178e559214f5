"""Asks the Profile service for people by keyword, with Python's standard library alone.

python3 ask.py KEYWORD
"""

import base64
import json
import os
import sys
import urllib.error
import urllib.request
from http import HTTPStatus
from typing import Any

PEOPLE = """
query ($keyword: String!) {
  personKeywordSearch(filter: {searchKeyword: $keyword}) {
    items {
      id
      name
      rolesEmployment {
        items {
          title
          startDate { displayDate }
          endDate { displayDate }
          organization { organizationName }
        }
      }
    }
  }
}
"""
TOKEN_ENDED = {"TOKEN_SUPERSEDED", "TOKEN_REVOKED", "TOKEN_EXPIRED"}


class Refused(Exception):
    """The server said no; the text is the server's."""


class Client:
    """Keeps one token and asks for the next one when it is needed.

    A service user has one live token. Two programs that use the same service user end each
    other's tokens, again and again: give each program a service user of its own.
    """

    def __init__(self, url: str, key: str, username: str, password: str) -> None:
        self.url = url
        self.key = key
        self.basic = base64.b64encode(f"{username}:{password}".encode()).decode()
        self.token: str | None = None

    def ask(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        """Return the data of the answer; a token that ended is replaced once."""
        if self.token is None:
            self.token = self.request_token()
        status, answer = self._post_query(query, variables)
        if status == HTTPStatus.UNAUTHORIZED and code_of(answer) in TOKEN_ENDED:
            self.token = self.request_token()
            status, answer = self._post_query(query, variables)
        errors = answer.get("errors", [])
        if answer.get("data") is None or any("errorType" not in error for error in errors):
            raise Refused(f"{status}: " + " ".join(error["message"] for error in errors))
        # Soft errors: a field that this account may not read, or one that is about to go.
        for error in errors:
            print(f"{error['errorType']}: {error['message']}", file=sys.stderr)
        data: dict[str, Any] = answer["data"]
        return data

    def request_token(self) -> str:
        """Return a new access token. The one before it ends with this."""
        url = f"{self.url}/oauth2/token?grant_type=client_credentials"
        headers = {"Authorization": f"Basic {self.basic}", "x-api-key": self.key}
        status, answer = post(url, headers, b"")
        if status != HTTPStatus.OK:
            raise Refused(f"{status}: {answer['error']}: {answer['error_description']}")
        token: str = answer["access_token"]
        return token

    def _post_query(self, query: str, variables: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "x-api-key": self.key,
        }
        body = json.dumps({"query": query, "variables": variables}).encode()
        return post(f"{self.url}/profile/v1/graphql", headers, body)


def post(url: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, Any]]:
    """Return status and JSON of the answer, a refusal's too."""
    request = urllib.request.Request(url, data=body, headers=headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, json.load(refusal)


def code_of(answer: dict[str, Any]) -> str:
    """Return the code of a refusal, as TOKEN_SUPERSEDED."""
    extensions = answer["errors"][0].get("extensions", {})
    code: str = extensions.get("code", "")
    return code


def main() -> None:
    """Print the people who match the keyword of the command line, as JSON."""
    client = Client(
        os.environ["WATCHWORD_URL"],
        os.environ["WATCHWORD_KEY"],
        os.environ["WATCHWORD_USER"],
        os.environ["WATCHWORD_PASSWORD"],
    )
    data = client.ask(PEOPLE, {"keyword": sys.argv[1]})
    print(json.dumps(data["personKeywordSearch"]["items"], indent=2))


if __name__ == "__main__":
    main()
