"""Who is present in a topic, on every gateway of the cluster.

Each gateway tells the others on a topic of their own who has come and gone, and every few seconds who is there. What
was lost on the way is made good by that; who says nothing for a while is gone, with everybody it had.
"""

from debros.gateway.presence.roster import Event, Member
from debros.gateway.presence.service import TOPIC, Presence

__all__ = ["TOPIC", "Event", "Member", "Presence"]
