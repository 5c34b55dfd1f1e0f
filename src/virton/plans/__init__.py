"""Plans: what a cluster's HA should be, what would have to change for it, and doing so safely."""
