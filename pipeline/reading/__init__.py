"""The spine: one page in, its numbers out, every stage in order."""
