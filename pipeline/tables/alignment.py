def align_numbers(readings, height_px):
    return None
