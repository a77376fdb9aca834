"""Draws and writes up what the insights found: one page to read, figures for a paper."""
