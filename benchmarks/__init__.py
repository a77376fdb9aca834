"""How good and how fast the recommender is, beside what a user would pick instead."""
