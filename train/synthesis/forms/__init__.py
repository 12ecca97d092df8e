"""Ten kinds of forms of our own making, filled by many writers and photographed, with the truth of every field."""
