"""All endpoints of the embedded cluster in one registry."""

from virton.embedded.endpoints import (
    cluster,
    guests,
    journal,
    nodes,
    options,
    power,
    storage,
    surroundings,
)
from virton.embedded.endpoints.access import grants, login, tfa, users
from virton.embedded.endpoints.ha import groups, resources, rules, status
from virton.embedded.registry import Registry

_PARTS = (
    *(status, resources, groups, rules),
    *(login, users, grants, tfa),
    *(cluster, options, nodes, guests, journal, power, storage, surroundings),
)

REGISTRY = Registry(endpoint for part in _PARTS for endpoint in part.ENDPOINTS)
