"""Page -> ink: light, threshold, light writing on dark, rulings, connected components."""
