"""The operator's console. Its forms are made from the admin API's operations, and do no more."""
