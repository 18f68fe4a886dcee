"""Encoders of one's own, as programs have them."""
