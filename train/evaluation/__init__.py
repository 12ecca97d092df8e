"""How well networks and the whole pipeline read: scores, comparisons, plots."""
