"""The programs of a repository: where they are called, what they are, and what they take."""
