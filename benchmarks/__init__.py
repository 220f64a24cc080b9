"""Measurements of the whole server under load: ``make bench`` and ``make bench-growth`` (docs/performance.md)."""
