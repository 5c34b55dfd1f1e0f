"""The manager: the decisions of the CRM that is master."""
