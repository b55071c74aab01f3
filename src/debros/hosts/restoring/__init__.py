"""Putting a backup in the place of the cluster's data.

`/db/load` sends the file through the Raft log, which cost several times its size in memory and the leader its office;
handing it to the other hosts as a snapshot failed too: rqlite before 10 compresses snapshots on the way and expects no
more bytes than before, so that one of incompressible data never arrives. So nothing is sent through rqlite. Every host
makes the same data directory from the same file (`/boot`, which bypasses the log), with the list of all members for
Raft's own recovery (`raft/peers.json`), while the old database still serves. Then all databases are stopped, on every
host the directories change places, and all are started: they agree from the first moment, so nothing has to be copied.
It needs no majority, no leader and no old data.

The steps, each of which can be repeated: prepare · close · swap · open · check · finish; and undo, instead of finish or
any time later. No host may open before all are closed: a host with the old data would win the election and overwrite
the restored ones.
"""
