"""The book: episodes, drafts, the register of young people and the service's own file."""
