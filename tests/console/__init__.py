"""Tests of the console, at the HTTP seam."""
