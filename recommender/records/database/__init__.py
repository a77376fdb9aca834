"""The ledgers in a database; loads SQLAlchemy, so it is imported where one is used."""
