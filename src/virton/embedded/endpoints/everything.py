"""All endpoints of the embedded cluster in one registry."""

from virton.embedded.endpoints import (
    cluster,
    corosync,
    figures,
    guests,
    journal,
    nodes,
    options,
    plain,
    pools,
    power,
    storage,
    surroundings,
)
from virton.embedded.endpoints.access import grants, login, tfa, users
from virton.embedded.endpoints.access import groups as access_groups
from virton.embedded.endpoints.ha import groups, resources, rules, status
from virton.embedded.endpoints.indices import indices_of
from virton.embedded.registry import Registry

_PARTS = (
    *(status, resources, groups, rules),
    *(login, users, access_groups, grants, tfa),
    *(cluster, corosync, figures, options, nodes, guests, journal),
    *(plain, pools, power, storage, surroundings),
)

_SERVED = [endpoint for part in _PARTS for endpoint in part.ENDPOINTS]

REGISTRY = Registry([*_SERVED, *indices_of(_SERVED)])
