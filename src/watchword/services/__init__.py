"""The GraphQL services behind the guard. They know nothing of HTTP, keys or tokens."""
