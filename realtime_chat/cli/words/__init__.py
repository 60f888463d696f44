"""What the words behind a slash do, by what they are about; on a screen and in lines alike."""
