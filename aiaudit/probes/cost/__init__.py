"""Probes of cost: the projection of the declared workload, exported utilisation, and reviews of forecast and actual."""
