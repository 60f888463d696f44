"""The Textual screen: a pure presenter over the Conversation."""
