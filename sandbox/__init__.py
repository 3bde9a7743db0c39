"""A local stand-in for Telegram: a Bot API server with a clock that can be moved, and a driver.

Nothing here imports the other rooms: the sandbox knows a bot only by its HTTP requests, so any bot
in any language can be tried with it. See docs/SANDBOX_SERVER.md.
"""
