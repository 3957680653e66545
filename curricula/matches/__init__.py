"""Matches: bouts between two players, the roles that can meet, and scores."""
