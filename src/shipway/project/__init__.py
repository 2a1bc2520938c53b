"""A project's folder as a value: shipway.toml decoded, and the user's files beside it."""
