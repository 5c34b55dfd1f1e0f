"""The HA stack: what a Proxmox VE HA manager decides, as pure values and functions."""
