"""The service's own pages: the record, the call to police, figures and people, for a phone in the
chat (Telegram Mini App) and a browser on the office computer. Off unless `[web]` is configured."""
