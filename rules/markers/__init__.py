"""Rules about tests, their marks and what pytest makes of them."""
