"""Rules about documents and what they say of the repository."""
