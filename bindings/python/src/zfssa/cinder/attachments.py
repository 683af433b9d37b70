"""Who else uses a volume, as Cinder's database tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

#: While Cinder itself moves a volume's data, it attaches the volume to its own host, and no
#: attachment is recorded for that.
_COPYING = {"backing-up", "downloading", "restoring-backup", "uploading"}


@dataclass(frozen=True)
class OtherAttachments:
    """The attachments of a volume beside the one that ends now."""

    same_host: bool
    """Another attachment goes through the same initiator."""
    initiators: list[str] | None
    """The initiators of the other attachments, this one's for each that goes through it too; None
    when that is not known of each.
    """


def other_attachments(volume: Any, initiator: str) -> OtherAttachments:
    """What is left when one attachment through this initiator ends.

    Cinder calls with the attachment still in its list, and does not say which one it is. So one
    of those through this initiator, or one that names no initiator, is the one that ends, unless
    Cinder ends an attachment of its own that is not in the list.
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
            # Reserved, and presented to nobody yet; or attached by a client of old, which does
            # not record whom it connects.
            unknown += attachment.get("attach_status") == "attached"
        elif one.lower() == initiator.lower():
            same += 1
        else:
            initiators.append(one)
    if same == 0:
        unknown -= ending
    initiators += [initiator] * (same - ending)
    return OtherAttachments(same > ending, None if unknown > 0 else initiators)
