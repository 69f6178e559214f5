"""The composition root: settings, store, clock and keys become one ASGI application.

Nothing else wires parts together. `server` makes the server of `endpoints` and `services`,
`guarded` the guard of an app; both have their `gate`.
"""
