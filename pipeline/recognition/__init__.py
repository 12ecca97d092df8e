"""Text lines -> candidate digits, their 28x28 crops, and what the networks say of them."""
