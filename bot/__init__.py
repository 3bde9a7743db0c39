"""Puts Nightlight together: configuration, Telegram at the edge, access, health."""
