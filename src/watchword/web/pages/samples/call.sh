# WATCHWORD_KEY: the key that you were given
TOKEN=$(curl -sS -X POST "http://127.0.0.1:8080/oauth2/token?grant_type=client_credentials" \
  -H "x-api-key: $WATCHWORD_KEY" \
  -u "your-user:$WATCHWORD_PASSWORD" |
  sed -n 's/.*"access_token":"\([^"]*\)".*/\1/p')

curl -sS -X POST "http://127.0.0.1:8080/profile/v1/graphql" \
  -H "Content-Type: application/json" \
  -H "x-api-key: $WATCHWORD_KEY" \
  -H "Authorization: Bearer $TOKEN" \
  -d '{"query": "query Ask { __typename }", "variables": {"no": "variables"}}'
