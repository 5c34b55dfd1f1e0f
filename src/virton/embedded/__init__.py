"""The embedded cluster: a simulated world behind a Proxmox-VE-compatible API."""
