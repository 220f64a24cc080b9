"""A simulated gateway and a simulated phone, to try and to test the whole way without Apple."""
