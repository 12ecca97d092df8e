"""What a user knows about the numbers, and the search of lattices for the numbers that fit it."""
