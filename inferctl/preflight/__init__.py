"""Would this platform's deployment work in that account today? Checks, one a file."""
