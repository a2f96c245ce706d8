"""Plain frozen data that flows from probes to reports. No behaviour beyond what the data itself means."""
