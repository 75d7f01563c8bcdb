"""Learning: models whose parameters come from where people looked."""
