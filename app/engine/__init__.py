"""The engine: runs diagrams; knows no article of the regulation."""
