"""Browser tests of the console's page."""
