"""The HTTP service: the guard before every request, the keys, and how it is served."""
