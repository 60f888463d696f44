"""The screen: the only room that knows textual. It draws a conversation and asks; it keeps nothing."""
