"""The rules: facts and episodes, protocol packs, and the pure assessment of a case."""
