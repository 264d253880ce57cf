"""MongoDB: the only place that imports the driver."""
