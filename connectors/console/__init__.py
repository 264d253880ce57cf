"""Console: talk to the hub in a terminal. The smallest connector, and the example to start from."""
