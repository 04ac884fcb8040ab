"""Pages that people print or file: the downtime sheet, the worklist, the outage report. Pure, and for staff."""
