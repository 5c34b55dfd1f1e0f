"""Questions asked of a snapshot of a cluster."""
