"""Matches: bouts between two policies, who can meet, and what the bouts add up to."""
