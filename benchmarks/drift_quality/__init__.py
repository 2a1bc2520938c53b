"""Drift detection in seeded simulations: how often it cries for nothing, and how soon it sees what is there."""
