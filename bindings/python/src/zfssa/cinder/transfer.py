"""Transfer of an image from Glance to a LUN."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from cinder import exception
from cinder.image import image_utils
from oslo_config import cfg
from oslo_log import log as logging
from oslo_utils import fileutils

import zfssa

from .connections import connection_info

CONF = cfg.CONF
LOG = logging.getLogger(__name__)

GIB = 1 << 30


class Image:
    """A Glance image."""

    def __init__(self, context: Any, service: Any, meta: Any, host: str) -> None:
        self.context = context
        self.service = service
        self.meta = meta
        self.id: str = meta["id"]
        self._host = host
        self._path: str | None = None

    @property
    def version(self) -> str:
        """Time of the last change, formatted as by the former driver on its cached images.

        Empty if it is unknown.
        """
        updated_at = self.meta.get("updated_at")
        if not updated_at:
            return ""
        return str(updated_at.isoformat() if hasattr(updated_at, "isoformat") else updated_at)

    @property
    def metadata_size(self) -> int:
        """Virtual size in bytes, from the metadata; 0 if they do not contain it."""
        size = self.meta.get("virtual_size")
        if not size and self._is_bare and self.meta.get("disk_format") == "raw":
            size = self.meta.get("size")
        return int(size or 0)

    @property
    def _is_bare(self) -> bool:
        return bool(self.meta.get("container_format") == "bare")

    def measured_size(self, path: str) -> int:
        """Returns the virtual size of a file in bytes; 0 for a container format."""
        if not self._is_bare:
            return 0
        return int(image_utils.qemu_img_info(path, run_as_root=True).virtual_size)

    @contextlib.contextmanager
    def fetched(self) -> Iterator[str]:
        """Fetches the image to a file on this host and returns its path.

        Cinder's functions use the file too, so the image is not fetched again within this context.
        """
        if self._path is not None:
            yield self._path
            return
        folder = CONF.image_conversion_dir
        fileutils.ensure_tree(folder)
        image_utils.check_available_space(folder, self.meta.get("size") or 0, self.id)
        # The host is the suffix of the file name, by which Cinder finds files left by a crash.
        fetching = image_utils.TemporaryImages.fetch(
            self.service, self.context, self.id, self._host
        )
        with fetching as path:
            if CONF.verify_glance_signatures != "disabled":
                image_utils.verify_glance_image_signature(self.context, self.service, self.id, path)
            self._path = path
            try:
                yield path
            finally:
                self._path = None


class Transfer:
    """Transfer callback that writes an image and keeps the exception of a failure."""

    def __init__(
        self, driver: Any, image: Image, size: int, properties: dict[str, Any], volume_id: str
    ) -> None:
        self._driver = driver
        self._image = image
        self._size = size
        self._properties = properties
        self._volume_id = volume_id
        self.failure: Exception | None = None

    def __call__(self, connection: zfssa.Connection) -> None:
        """Writes the image. Runs in a thread of its own, on eventlet in a greenlet."""
        image, settings = self._image, self._driver.configuration
        # Set the request context of this thread, for its log records.
        image.context.update_store()
        try:
            with image.fetched(), self._attached(connection) as device:
                image_utils.fetch_to_raw(
                    image.context,
                    image.service,
                    image.id,
                    device,
                    settings.volume_dd_blocksize,
                    # The size from the metadata, for which the LUN was created.
                    size=self._size // GIB + 1,
                )
        except exception.CinderException as error:
            self.failure = error
            raise
        except Exception as error:
            self.failure = exception.ImageCopyFailure(reason=str(error))
            raise

    @contextlib.contextmanager
    def _attached(self, connection: zfssa.Connection) -> Iterator[str]:
        """Attaches the LUN to this host and returns the path of its device."""
        multipath = self._properties.get("multipath", False)
        info = connection_info(connection, self._volume_id, multipath)
        info["data"] |= {
            "encrypted": False,
            "enforce_multipath": self._properties.get("enforce_multipath", False),
        }
        try:
            attached = self._driver._connect_device(info)
        except exception.DeviceUnavailable as error:
            # The device exists but cannot be used.
            _detach(error.kwargs["attach_info"], ignore_errors=True)
            raise
        try:
            yield attached["device"]["path"]
        except BaseException:
            _detach(attached, ignore_errors=True)
            raise
        # Raise errors: an image that was not flushed was not written.
        _detach(attached, ignore_errors=False)


def _detach(attached: dict[str, Any], *, ignore_errors: bool) -> None:
    """Detaches a device by force: the LUN is about to be unmapped from this host."""
    data, device = attached["conn"]["data"], attached["device"]
    attached["connector"].disconnect_volume(data, device, force=True, ignore_errors=ignore_errors)
