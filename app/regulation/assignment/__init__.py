"""Art. 7: assignment."""
