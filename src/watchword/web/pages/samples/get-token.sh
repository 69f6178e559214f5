# WATCHWORD_KEY: the key that you were given
curl -sS -X POST "http://127.0.0.1:8080/oauth2/token?grant_type=client_credentials" \
  -H "x-api-key: $WATCHWORD_KEY" \
  -u "your-user:$WATCHWORD_PASSWORD"
