"""Benches: figures beside an anchor measured in the same run."""
