"""For programs: an endpoint is typed inputs, one call to the work, one answer. A file per noun."""
