"""Conformance: recorded behaviour of the real HA stack, played against ours."""
