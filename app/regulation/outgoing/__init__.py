"""Art. 9: numbering, signing, dispatch."""
