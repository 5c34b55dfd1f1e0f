"""Placement: the load on the nodes, the choice of a node for a resource, and balancing."""
