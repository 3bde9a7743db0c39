"""Changes of the code that must not go unnoticed, and the command that makes them."""
