"""realtime-chat: talk with a realtime speech model from your terminal."""

__version__ = "0.1.0"
