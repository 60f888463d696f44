"""What the words behind a slash do on the screen, by what they are about."""
