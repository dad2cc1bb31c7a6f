"""Where a repository states versions: a reader a format, all giving the same statements."""
