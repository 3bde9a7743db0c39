"""What people do in chat: reports, the episode card, duties, lists, and all wording."""
