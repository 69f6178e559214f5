import base64
import json
import os
import urllib.request

SERVER = "http://127.0.0.1:8080"

# WATCHWORD_KEY: the key that you were given
api_key = os.environ["WATCHWORD_KEY"]
password = os.environ["WATCHWORD_PASSWORD"]


def post(url, headers, body):
    headers = {"x-api-key": api_key, **headers}
    request = urllib.request.Request(url, data=body, headers=headers, method="POST")
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


def request_token():
    basic = base64.b64encode(f"your-user:{password}".encode()).decode()
    url = f"{SERVER}/oauth2/token?grant_type=client_credentials"
    return post(url, {"Authorization": f"Basic {basic}"}, b"")["access_token"]


def ask(token, query, variables):
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    body = json.dumps({"query": query, "variables": variables}).encode()
    answer = post(f"{SERVER}/profile/v1/graphql", headers, body)
    if answer.get("data") is None:
        raise RuntimeError(answer["errors"])
    return answer


# Keep the token: it lives for eight hours, and a new one ends it.
token = request_token()
answer = ask(token, "query Ask { __typename }", {"no": "variables"})

print(json.dumps(answer))
