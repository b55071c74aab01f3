"""One file with everything a host needs: the services' packages, rqlited, units, roles and playbooks.

It is built on a controller (`python3 -m debros.release build`), carried to the hosts, and unpacked there by
`unpack.py`, which stands alone. All of it runs on the standard library, because that is all a bare host has.
"""
