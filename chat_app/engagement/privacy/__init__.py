"""Personal data of one end user: found, given out, erased."""
