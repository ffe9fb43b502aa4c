"""The platform file: its sections, typed, and the rules inside and across them."""
