"""The list of members of a cluster that manages itself, as root on one of its hosts reads, follows and changes it."""
