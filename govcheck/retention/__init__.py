"""How long each store keeps its items: the policy, the plan, and what carries it out."""
