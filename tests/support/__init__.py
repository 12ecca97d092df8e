"""What tests build: drawings, PDFs, faults, sightings."""
