"""Files that lie elsewhere: on the web, or in a bucket."""
