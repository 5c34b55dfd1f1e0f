"""HA rules: as configured, what contradicts what, what follows, and what placement reads."""
