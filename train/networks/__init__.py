"""The networks: architectures, checkpoints, export of model folders."""
