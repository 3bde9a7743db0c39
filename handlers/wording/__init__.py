"""All that a person reads in chat. Short, calm, exact; HTML as Telegram takes it; London times."""
