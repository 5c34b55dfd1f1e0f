"""The cluster's HA configuration files: their text form and their meaning."""
