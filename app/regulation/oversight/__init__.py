"""Art. 10, 11: oversight."""
