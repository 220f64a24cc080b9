"""The pages that customers meet: signing in and out, passwords, and the look of every page for them."""
