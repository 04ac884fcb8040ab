"""What ails a station: `probes` gather facts, `faults` is the table that makes findings of them."""
