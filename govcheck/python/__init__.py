"""What Python files say, read without running them."""
