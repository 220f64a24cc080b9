"""Conventions of Fusion's REST framework (ADF): headers, media types, forms of errors; nothing about chat."""
