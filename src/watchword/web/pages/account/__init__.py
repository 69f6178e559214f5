"""My account: what a service user sees of its own, and does with it."""
