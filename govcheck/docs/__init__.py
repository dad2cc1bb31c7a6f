"""What documents say about the repository, and what they must say."""
