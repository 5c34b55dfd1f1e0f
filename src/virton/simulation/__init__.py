"""Worlds in which the HA stack runs: hosts, guests, locks and clocks, all simulated."""
