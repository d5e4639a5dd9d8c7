"""Art. 8: drafting, review, approval."""
