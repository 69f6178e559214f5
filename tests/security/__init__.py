"""The behaviours that callers' security stands on, by number (docs/reference/security.md)."""
