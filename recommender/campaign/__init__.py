"""What the commands do: propose, record, import, report where things stand. No printing."""
