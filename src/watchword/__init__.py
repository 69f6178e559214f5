"""The access layer for GraphQL data APIs."""
