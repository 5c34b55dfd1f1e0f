"""`make test-fuzz`: both APIs asked for what nobody would ask, by schemathesis, for some minutes."""
