"""Papers and cameras: what a drawn sheet looks like in a photo."""
