"""Ties in words: visits that are due, pairings, teams and units."""
