"""The HTTP API: uploads in, records out."""
