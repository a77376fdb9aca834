"""Bayesian optimisation for expensive training sweeps."""
