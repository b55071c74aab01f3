"""What can go wrong on a host, one file for each kind; each look takes seconds at most and changes nothing."""
