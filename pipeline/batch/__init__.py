"""Files, folders and PDFs -> records: worker processes, a journal, results, watched folders."""
