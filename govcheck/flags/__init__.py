"""Feature flags: where they are read, set, described, and what the policy says of them."""
