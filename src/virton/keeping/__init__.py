"""What is kept: the history of happenings and of the page as it stood."""
