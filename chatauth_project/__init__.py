"""The deployment: settings, addresses, entry points, and what surrounds both applications."""
