"""The whole bot under one seeded virtual clock, in a faulty world. See docs/SIMULATION.md."""
