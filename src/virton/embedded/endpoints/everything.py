"""All endpoints of the embedded cluster in one registry."""

from virton.embedded.endpoints.ha import groups, resources, rules, status
from virton.embedded.registry import Registry

REGISTRY = Registry([*status.ENDPOINTS, *resources.ENDPOINTS, *groups.ENDPOINTS, *rules.ENDPOINTS])
