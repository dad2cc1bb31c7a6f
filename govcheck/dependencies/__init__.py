"""Dependencies: what files say of versions, held against the policy."""
