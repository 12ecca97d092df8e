"""The page network: where the digits are, which belong together, how tall, which way up, printed or by hand."""
