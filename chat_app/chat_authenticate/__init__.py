"""The resource ``chatAuthenticate``: a signed token for an end user who wants to chat."""
