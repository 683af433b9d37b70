"""Writing an image onto the LUN that the appliance keeps of it, as Cinder writes one."""

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
    """An image of Glance."""

    def __init__(self, context: Any, service: Any, meta: Any, host: str) -> None:
        self.context = context
        self.service = service
        self.meta = meta
        self.id: str = meta["id"]
        self._host = host
        self._path: str | None = None

    @property
    def version(self) -> str:
        """When it was last changed, in the form in which the former driver wrote it onto the
        images that it kept; empty where that is unknown.
        """
        updated_at = self.meta.get("updated_at")
        if not updated_at:
            return ""
        return str(updated_at.isoformat() if hasattr(updated_at, "isoformat") else updated_at)

    @property
    def metadata_size(self) -> int:
        """Bytes of the disk that it holds, as its metadata tell; 0 where they do not."""
        size = self.meta.get("virtual_size")
        if not size and self._is_bare and self.meta.get("disk_format") == "raw":
            size = self.meta.get("size")
        return int(size or 0)

    @property
    def _is_bare(self) -> bool:
        return bool(self.meta.get("container_format") == "bare")

    def measured_size(self, path: str) -> int:
        """Bytes of the disk that its file holds; 0 where the file is a package."""
        if not self._is_bare:
            return 0
        return int(image_utils.qemu_img_info(path, run_as_root=True).virtual_size)

    @contextlib.contextmanager
    def fetched(self) -> Iterator[str]:
        """The file that holds it on this host, where Cinder's own functions find it too. Within
        this, it is fetched no second time.
        """
        if self._path is not None:
            yield self._path
            return
        folder = CONF.image_conversion_dir
        fileutils.ensure_tree(folder)
        image_utils.check_available_space(folder, self.meta.get("size") or 0, self.id)
        # By the ending of its name Cinder finds what a process that died has left.
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
    """Writes an image, when the library asks for it, and keeps what failed."""

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
        """Runs in a thread of its own, or on eventlet in a greenlet."""
        image, settings = self._image, self._driver.configuration
        # Whose request it is, for the log of this thread.
        image.context.update_store()
        try:
            with image.fetched(), self._attached(connection) as device:
                image_utils.fetch_to_raw(
                    image.context,
                    image.service,
                    image.id,
                    device,
                    settings.volume_dd_blocksize,
                    # What the metadata promised, on which the LUN's size rests.
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
        """The LUN as a device of this host."""
        multipath = self._properties.get("multipath", False)
        info = connection_info(connection, self._volume_id, multipath)
        info["data"] |= {
            "encrypted": False,
            "enforce_multipath": self._properties.get("enforce_multipath", False),
        }
        try:
            attached = self._driver._connect_device(info)
        except exception.DeviceUnavailable as error:
            # It is there, and of no use.
            _detach(error.kwargs["attach_info"], ignore_errors=True)
            raise
        try:
            yield attached["device"]["path"]
        except BaseException:
            _detach(attached, ignore_errors=True)
            raise
        # What could not be flushed is an image that was not written.
        _detach(attached, ignore_errors=False)


def _detach(attached: dict[str, Any], *, ignore_errors: bool) -> None:
    """Lets go of a device, come what may: the LUN is about to be hidden from this host."""
    data, device = attached["conn"]["data"], attached["device"]
    attached["connector"].disconnect_volume(data, device, force=True, ignore_errors=ignore_errors)
