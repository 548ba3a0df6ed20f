"""Strategies: their limits, and what runs them. Touches venues."""
