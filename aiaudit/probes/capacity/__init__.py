"""Facts on capacity: the plan of the declared workload, results of load tests, tables of trade-offs."""
