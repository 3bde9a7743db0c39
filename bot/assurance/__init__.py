"""Papers for the people who have to judge: made from the configuration and the code, as drafts."""
