"""Photographed papers as people have them: tables, forms, notes, cheques and print, with the truth of every mark."""
