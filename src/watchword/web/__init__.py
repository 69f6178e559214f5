"""HTTP in, HTTP out. No rules: those are in `access`."""
