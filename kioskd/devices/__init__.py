"""Peripherals as the station knows them: found, opened, watched, opened again; paper spooled. Nothing decides here."""
