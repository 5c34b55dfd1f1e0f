"""The Proxmox VE API as a client sees it."""
