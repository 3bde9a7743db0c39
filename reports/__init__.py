"""Figures and sheets from episode rows: pure functions."""
