"""Two components of our own: a sheet to draw on, and a picture with boxes to drag."""
