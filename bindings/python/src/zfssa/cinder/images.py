"""Image cache: volumes cloned from images that the appliance keeps."""

from __future__ import annotations

import contextlib
import math
from typing import Any

from cinder.volume import volume_utils
from oslo_log import log as logging

import zfssa

from .backend import Backend, extra_specs, model_update
from .exceptions import cinder_errors
from .transfer import Image, Transfer

LOG = logging.getLogger(__name__)

#: Outcomes of a failure that changed nothing: Cinder may create the volume without the cache.
_UNCHANGED = (zfssa.Outcome.NONE, zfssa.Outcome.REJECTED, zfssa.Outcome.ROLLED_BACK)

#: Maximum number of images whose virtual size is kept.
_MAX_SIZES = 1000


class Images(Backend):
    """Operations on images."""

    #: Set by Cinder: <host>@<backend>.
    host: str

    #: Measured sizes of images without a size in their metadata; see _virtual_size().
    _sizes: dict[tuple[str, str], int]

    def clone_image(
        self,
        context: Any,
        volume: Any,
        image_location: Any,  # noqa: ARG002
        image_meta: Any,
        image_service: Any,
    ) -> tuple[dict[str, Any] | None, bool]:
        """Creates a volume as a clone of a cached image.

        The image is written to the appliance once for all of its volumes. Returns the model update
        and True. Returns None and False if Cinder is to write the image to a new volume itself: the
        cache is off or does not support the image, or it failed without a change. A failed transfer
        of the image is raised, because Cinder's own transfer would fail in the same way.
        """
        if self.configuration.safe_get("zfssa_enable_local_cache") is False:
            return None, False
        image = Image(context, image_service, image_meta, self.host)
        if not image.version:
            return _not_cached(image, "no updated_at in its metadata")
        with contextlib.ExitStack() as kept:
            size = self._virtual_size(image, kept)
            if not size:
                return _not_cached(image, "unknown virtual size")
            return self._from_cache(volume, image, size)

    def _from_cache(
        self, volume: Any, image: Image, size: int
    ) -> tuple[dict[str, Any] | None, bool]:
        properties = volume_utils.brick_get_connector_properties(
            self.configuration.use_multipath_for_image_xfer,
            self.configuration.enforce_multipath_for_image_xfer,
        )
        if not properties.get("initiator"):
            return _not_cached(image, "this host has no iSCSI initiator")
        transfer = Transfer(self, image, size, properties, volume["id"])
        with cinder_errors(volume=volume):
            try:
                with self._cluster_lock(f"image-{image.id}"):
                    made = self._driver_of(volume).clone_image(
                        volume["name"],
                        volume["size"],
                        image.id,
                        image.version,
                        properties["initiator"],
                        image_virtual_size=size,
                        extra_specs=extra_specs(volume),
                        transfer=transfer,
                        # No timeout: the transfer time depends on the image. A failed transfer
                        # ends the operation.
                        timeout=math.inf,
                    )
            except zfssa.TransferError as error:
                LOG.warning(
                    "image %(image)s: transfer to the appliance failed: %(error)s",
                    {"image": image.id, "error": error},
                )
                if transfer.failure is None:
                    raise
                # Raise Cinder's own exception, from which Cinder decides how to continue.
                raise transfer.failure from error
            except (zfssa.ApplianceError, zfssa.DriverError) as error:
                if error.outcome not in _UNCHANGED:
                    raise
                return _not_cached(image, str(error), logging.WARNING)
        if made.volume is None:
            return _not_cached(image, made.declined)
        LOG.debug(
            "volume %(volume)s: cloned from %(entry)s",
            {"volume": volume["id"], "entry": made.cache_entry},
        )
        return model_update(made.volume), True

    def _virtual_size(self, image: Image, kept: contextlib.ExitStack) -> int:
        """Returns the virtual size of an image in bytes; 0 if it cannot be determined.

        Current versions of Glance store it with the image. An image without it is fetched and
        measured, once for all of its volumes. `kept` holds that copy of the file, so that a
        transfer to the appliance does not fetch it again.
        """
        key = (image.id, image.version)
        size = image.metadata_size or self._sizes.get(key)
        if size is None:
            size = image.measured_size(kept.enter_context(image.fetched()))
            self._sizes[key] = size
            while len(self._sizes) > _MAX_SIZES:
                del self._sizes[next(iter(self._sizes))]
        return size


def _not_cached(image: Image, reason: str, level: int = logging.INFO) -> tuple[None, bool]:
    message = "image %(image)s: cache not used: %(reason)s"
    LOG.log(level, message, {"image": image.id, "reason": reason})
    return None, False
