"""Pictures with known truth, made by code: handwriting, papers, cameras, pages, videos."""
