"""Figures: one function each, matplotlib only here. They draw what they are given and return it."""
