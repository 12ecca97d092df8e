"""The commands of `python -m train`: a module for each parses and checks its arguments, then imports the work."""
