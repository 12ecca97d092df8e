"""The one door for pixels: files and bytes in every format that is understood -> upright gray pages."""
