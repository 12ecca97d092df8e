"""Crops and line images of synthesized pages, made by the pipeline itself, with their labels."""
