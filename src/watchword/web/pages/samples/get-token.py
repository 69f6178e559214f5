import base64
import json
import os
import urllib.request

# WATCHWORD_KEY: the key that you were given
api_key = os.environ["WATCHWORD_KEY"]
password = os.environ["WATCHWORD_PASSWORD"]
basic = base64.b64encode(f"your-user:{password}".encode()).decode()

request = urllib.request.Request(
    "http://127.0.0.1:8080/oauth2/token?grant_type=client_credentials",
    method="POST",
    headers={"Authorization": f"Basic {basic}", "x-api-key": api_key},
)
with urllib.request.urlopen(request, timeout=30) as response:
    answer = json.load(response)

print(json.dumps(answer))
