"""How many instances a fleet of models needs: simulated call by call, or estimated from rates."""
