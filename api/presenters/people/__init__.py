"""People in words: lines of the register, dossiers, what a deed would do to whom."""
