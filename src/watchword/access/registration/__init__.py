"""What the operator may do: accounts, service users, API keys, plans and services.

The CLI, the admin API and later the console call these functions and no other. Secrets are
returned once, by the call that made them, and kept as digests only. Every change is recorded
in the audit log, in the transaction that makes it.
"""

from __future__ import annotations

from watchword.access.registration.catalogue import CatalogueRegistry
from watchword.access.registration.customers import CustomerRegistry, NewServiceUser
from watchword.access.registration.granting import GrantRegistry
from watchword.access.registration.keys import KeyRegistry, KeyTerms, NewApiKey

__all__ = ["KeyTerms", "NewApiKey", "NewServiceUser", "Registry"]


class Registry(CustomerRegistry, KeyRegistry, CatalogueRegistry, GrantRegistry):
    """The operator's functions.

    Every function raises an OperatorError when it cannot be carried out, and
    StoreUnavailable. `list_*` returns one page: up to `limit`, behind what `after` names.
    """
