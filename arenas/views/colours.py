"""The colours of curves, in charts and in the viewer."""

SERIES = ("#0b6fb8", "#c8500a", "#16855f", "#a8428a", "#a07800", "#3aa0c8", "#7a5230", "#5b57b5")
"""Colours that colour-blind readers can tell apart (after Okabe and Ito 2008), dark enough for thin lines on white."""
