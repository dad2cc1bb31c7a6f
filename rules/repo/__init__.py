"""Rules about the policy itself: exceptions, suppressions, what could not be checked."""
