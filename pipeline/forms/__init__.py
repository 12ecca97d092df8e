"""Forms by template: registration to the blank, fields read each in its own place, totals checked."""
