"""The release verdict in seeded simulations, beside the rules of others."""
