"""Tests of the Proxmox VE client, at the HTTP seam."""
