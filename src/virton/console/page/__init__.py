"""The page model: what the console tells a browser, as types with a JSON schema."""
