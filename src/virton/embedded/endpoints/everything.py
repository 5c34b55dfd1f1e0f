"""All endpoints of the embedded cluster in one registry."""

from virton.embedded.endpoints import (
    cluster,
    guests,
    journal,
    nodes,
    options,
    plain,
    power,
    storage,
    surroundings,
)
from virton.embedded.endpoints.access import grants, login, tfa, users
from virton.embedded.endpoints.ha import groups, resources, rules, status
from virton.embedded.endpoints.indices import indices_of
from virton.embedded.registry import Registry

_PARTS = (
    *(status, resources, groups, rules),
    *(login, users, grants, tfa),
    *(cluster, options, nodes, guests, journal, plain, power, storage, surroundings),
)

_SERVED = [endpoint for part in _PARTS for endpoint in part.ENDPOINTS]

REGISTRY = Registry([*_SERVED, *indices_of(_SERVED)])
