"""What opens over the talk, which goes on."""
