"""Art. 6: incoming documents."""
