"""The two append-only ledgers, and how their rows fold into runs."""
