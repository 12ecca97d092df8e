"""Adapting a shipped model to the hands and papers of a user, from the corrections of a review."""
