"""Volumes from images, as clones of what the appliance keeps of each image."""

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

#: After a failure with one of these outcomes Cinder may go another way: nothing was changed.
_UNCHANGED = (zfssa.Outcome.NONE, zfssa.Outcome.REJECTED, zfssa.Outcome.ROLLED_BACK)

#: How many images have their size remembered.
_MAX_SIZES = 1000


class Images(Backend):
    """The cache of images."""

    #: Of Cinder: <host>@<backend>.
    host: str

    #: The sizes of images whose metadata do not tell; see _virtual_size().
    _sizes: dict[tuple[str, str], int]

    def clone_image(
        self,
        context: Any,
        volume: Any,
        image_location: Any,  # noqa: ARG002
        image_meta: Any,
        image_service: Any,
    ) -> tuple[dict[str, Any] | None, bool]:
        """Makes a volume as a clone of an image, which is written to the appliance once for all of
        its volumes.

        What Cinder is to remember, and True; or None and False where Cinder is to write the image
        onto a volume of its own. It does so too where the cache fails and nothing was changed. But
        an image that cannot be written here could not be written there, and its failure is told.
        """
        if self.configuration.safe_get("zfssa_enable_local_cache") is False:
            return None, False
        image = Image(context, image_service, image_meta, self.host)
        if not image.version:
            return _not_cached(image, "its metadata do not say when it was updated")
        with contextlib.ExitStack() as kept:
            size = self._virtual_size(image, kept)
            if not size:
                return _not_cached(image, "the size of its disk is not known")
            return self._from_cache(volume, image, size)

    def _from_cache(
        self, volume: Any, image: Image, size: int
    ) -> tuple[dict[str, Any] | None, bool]:
        properties = volume_utils.brick_get_connector_properties(
            self.configuration.use_multipath_for_image_xfer,
            self.configuration.enforce_multipath_for_image_xfer,
        )
        if not properties.get("initiator"):
            return _not_cached(image, "this host has no iSCSI initiator that could write it")
        transfer = Transfer(self, image, size, properties, volume["id"])
        with cinder_errors(volume=volume):
            try:
                with self._cluster_lock(f"image-{image.id}"):
                    made = self._zfssa.clone_image(
                        volume["name"],
                        volume["size"],
                        image.id,
                        image.version,
                        properties["initiator"],
                        image_virtual_size=size,
                        extra_specs=extra_specs(volume),
                        transfer=transfer,
                        # How long an image takes cannot be known; a transfer that fails ends it.
                        timeout=math.inf,
                    )
            except zfssa.TransferError as error:
                LOG.warning(
                    "Image %(image)s was not written to the appliance: %(error)s",
                    {"image": image.id, "error": error},
                )
                if transfer.failure is None:
                    raise
                # In Cinder's own words, by which it decides how to go on and what to tell.
                raise transfer.failure from error
            except (zfssa.ApplianceError, zfssa.DriverError) as error:
                if error.outcome not in _UNCHANGED:
                    raise
                return _not_cached(image, str(error), logging.WARNING)
        if made.volume is None:
            return _not_cached(image, made.declined)
        LOG.debug(
            "Volume %(volume)s is a clone of %(entry)s",
            {"volume": volume["id"], "entry": made.cache_entry},
        )
        return model_update(made.volume), True

    def _virtual_size(self, image: Image, kept: contextlib.ExitStack) -> int:
        """Bytes of the disk that an image holds; 0 where that cannot be told.

        Glance tells it of every image that it got in recent years. Any other image is fetched for
        it, once for all of its volumes; that copy is kept as long as the caller may need it, and
        is what is written to the appliance if the image is not there yet.
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
    words = "Image %(image)s does not go by way of the cache: %(reason)s"
    LOG.log(level, words, {"image": image.id, "reason": reason})
    return None, False
