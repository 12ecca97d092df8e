"""Where ink stands on a page: text lines, skew, orientation, groups of digits that form a number."""
