"""What `make bench` runs: each figure beside a limit measured in the same run, since machines differ and are shared."""
