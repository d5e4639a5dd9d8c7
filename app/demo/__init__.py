"""Demo province: believable accounts and documents; none of them real."""
