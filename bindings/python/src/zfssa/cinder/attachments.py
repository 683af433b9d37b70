"""Other attachments of a volume, from Cinder's database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

#: States in which Cinder attaches the volume to its own host to copy data. It records no
#: attachment for that.
_COPYING = {"backing-up", "downloading", "restoring-backup", "uploading"}


@dataclass(frozen=True)
class OtherAttachments:
    """Attachments of a volume other than the one that is being terminated."""

    same_host: bool
    """Whether another attachment uses the same initiator."""
    initiators: list[str] | None
    """Initiators of the other attachments, one entry per attachment.

    None if the initiator of any attachment is unknown.
    """


def other_attachments(volume: Any, initiator: str) -> OtherAttachments:
    """Returns the attachments that remain when one through this initiator is terminated.

    Cinder's list still contains the terminated attachment and does not identify it. So it is
    assumed to be one through this initiator or, if there is none, one without an initiator. In the
    states of `_COPYING` Cinder terminates an attachment that is not in the list.
    """
    ending = 0 if volume.get("status") in _COPYING else 1
    same = 0
    unknown = 0
    initiators: list[str] = []
    for attachment in volume.get("volume_attachment") or ():
        if attachment.get("attach_status") == "detached":
            continue
        one = (attachment.get("connector") or {}).get("initiator")
        if not one:
            # Either reserved and not attached yet, or attached by an old client that does not record
            # its connector.
            unknown += attachment.get("attach_status") == "attached"
        elif one.lower() == initiator.lower():
            same += 1
        else:
            initiators.append(one)
    if same == 0:
        unknown -= ending
    initiators += [initiator] * (same - ending)
    return OtherAttachments(same > ending, None if unknown > 0 else initiators)
