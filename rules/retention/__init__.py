"""Rules about how long stores keep what is in them."""
