//! Volumes from images.

use std::ffi::{c_char, c_void};
use std::path::PathBuf;
use std::sync::Arc;

use super::{Args, submit};
use crate::driver::{CloneImage, ClonedImage, HostTransfer, ImageTransfer, QemuImg};
use crate::error::{Error, Result};
use crate::ffi::call::CallArgs;
use crate::ffi::completion::image_transfer::{self, TransferCallback};
use crate::ffi::completion::in_flight::InFlight;
use crate::ffi::completion::result::{View, view};
use crate::ffi::exports::call::{zfssa_call_t, zfssa_callback_t, zfssa_drop_t};
use crate::ffi::guard;
use crate::ffi::marshal::host_memory::HostMemory;
use crate::ffi::marshal::strings::{ZFSSA_MAX_TEXT, zfssa_pair_t};
use crate::ffi::marshal::versioned_struct::{reserved, versioned_struct};
use crate::ffi::marshal::view_memory::Arena;
use crate::ffi::operations::volume::views::zfssa_volume_t;
use crate::ffi::types::{
    zfssa_driver_t, zfssa_error_t, zfssa_result_t, zfssa_status_t, zfssa_ticket_t,
};

/// Arguments of zfssa_clone_image(). The image is written in one of three ways: by this library
/// from a file (`image_path`), by a callback (`transfer`), or, with neither, by the host when it
/// receives ZFSSA_EV_TRANSFER from the queue of the call.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct zfssa_clone_image_args_t {
    /// sizeof(zfssa_clone_image_args_t).
    pub size: u32,
    /// 0: there are none in this version.
    pub flags: u32,
    /// Name of the new LUN; required.
    pub name: *const c_char,
    /// Size in GiB, at least that of the cache entry: the image's size, rounded up to GiB, plus one
    /// if it is a whole number of GiB.
    pub size_gib: u64,
    /// Id of the image, which names its cache entry; required.
    pub image_id: *const c_char,
    /// Time of the image's last update, in any format that is always the same; required.
    pub image_updated_at: *const c_char,
    /// Virtual size of the image in bytes; not 0.
    pub image_virtual_size: u64,
    /// IQN of the host that writes the image; required.
    pub initiator: *const c_char,
    /// Extra specs of the volume type. Keys zfssa:* override the backend's defaults; keys of other
    /// scopes are ignored. NULL: none.
    pub extra_specs: *const zfssa_pair_t,
    /// Elements of `extra_specs`.
    pub extra_specs_count: u32,
    /// 0.
    pub reserved: u32,
    /// Absolute path of the image file, which qemu-img writes over iSCSI from user space. NULL: the
    /// host writes the image.
    pub image_path: *const c_char,
    /// Format of the file at `image_path`: raw, qcow2 or vmdk. NULL without a file.
    pub image_format: *const c_char,
    /// Program for `image_path`. NULL: qemu-img, from PATH.
    pub qemu_img: *const c_char,
    /// Callback that is invoked when the image must be written. It owns its result:
    /// zfssa_result_connection() has the connection, zfssa_result_ticket() the operation's ticket.
    /// It may return before the image is written; zfssa_transfer_finish() ends the transfer, from
    /// any thread. NULL: none.
    pub transfer: zfssa_callback_t,
    /// Context of `transfer` and `transfer_drop`; opaque to the library.
    pub transfer_context: *mut c_void,
    /// Destructor of `transfer_context`. Called exactly once, after the last possible call of
    /// `transfer`, even if it was never called; not called if the submission was refused. Requires
    /// `transfer`.
    pub transfer_drop: zfssa_drop_t,
}

versioned_struct!(zfssa_clone_image_args_t {
    size,
    flags,
    name,
    size_gib,
    image_id,
    image_updated_at,
    image_virtual_size,
    initiator,
    extra_specs,
    extra_specs_count,
    reserved,
    image_path,
    image_format,
    qemu_img,
    transfer,
    transfer_context,
    transfer_drop
});

impl Args for zfssa_clone_image_args_t {
    type Operation = CloneImage;

    const EVENTS: usize = 1;

    fn flags(&self) -> u32 {
        self.flags
    }

    fn request(&self, host: &HostMemory) -> Result<CloneImage> {
        reserved::<Self>(self.reserved)?;
        if self.image_virtual_size == 0 {
            let allowed = "give the size of the disk in bytes, as qemu-img info tells it";
            return Err(Error::invalid_argument("image_virtual_size", 0, allowed));
        }
        let initiator = host.required(self.initiator, "initiator")?;
        Ok(CloneImage {
            name: host.required(self.name, "name")?,
            size_gib: self.size_gib,
            extra_specs: host.pairs(self.extra_specs, self.extra_specs_count, "extra_specs")?,
            image_id: host.required(self.image_id, "image_id")?,
            image_updated_at: host.required(self.image_updated_at, "image_updated_at")?,
            image_virtual_size: self.image_virtual_size,
            transfer: self.transfer(host, &initiator)?,
            initiator,
        })
    }

    fn suits(&self, call: &CallArgs) -> Result<()> {
        if self.image_path.is_null() && self.transfer.is_none() && !call.has_queue() {
            let allowed = "give image_path, transfer, or a queue, which gets ZFSSA_EV_TRANSFER";
            return Err(Error::invalid_argument("transfer", "NULL", allowed));
        }
        Ok(())
    }

    fn bind(&self, request: &mut CloneImage, flight: &Arc<InFlight>) {
        if self.image_path.is_null() {
            let transferrer = self.transfer.map(|function| TransferCallback {
                function,
                context: self.transfer_context,
                drop: self.transfer_drop,
            });
            request.transfer = image_transfer::by_host(flight, transferrer);
        }
    }
}

impl zfssa_clone_image_args_t {
    /// The transfer of a file; for the host's, one that is replaced when there is a ticket.
    fn transfer(&self, host: &HostMemory, initiator: &str) -> Result<Arc<dyn ImageTransfer>> {
        let (path, format, program) = (
            host.any(self.image_path, "image_path", ZFSSA_MAX_TEXT)?,
            host.line(self.image_format, "image_format")?,
            host.any(self.qemu_img, "qemu_img", ZFSSA_MAX_TEXT)?,
        );
        let refuse = |name: &str, value: &str, allowed: &str| {
            Err(Error::invalid_argument(name, value, allowed))
        };
        if self.transfer.is_none() && self.transfer_drop.is_some() {
            return refuse("transfer_drop", "given", "it goes with transfer");
        }
        if program.as_deref() == Some("") {
            return refuse("qemu_img", "empty", "give a program, or NULL for qemu-img");
        }
        match (path, format) {
            (Some(_), _) if self.transfer.is_some() => {
                refuse("transfer", "given", "give image_path or transfer, not both")
            }
            (Some(path), _) if !path.starts_with('/') => {
                refuse("image_path", &path, "give an absolute path")
            }
            (Some(_), None) => refuse("image_format", "NULL", "give raw, qcow2 or vmdk"),
            (Some(_), Some(format)) if !QemuImg::FORMATS.contains(&format.as_str()) => {
                refuse("image_format", &format, "give raw, qcow2 or vmdk")
            }
            (Some(path), Some(format)) => Ok(Arc::new(QemuImg {
                image: PathBuf::from(path),
                format,
                initiator: initiator.to_owned(),
                program: PathBuf::from(program.unwrap_or_else(|| "qemu-img".to_owned())),
            })),
            (None, Some(format)) => refuse("image_format", &format, "it goes with image_path"),
            (None, None) if program.is_some() => {
                refuse("qemu_img", "given", "it goes with image_path")
            }
            (None, None) => Ok(Arc::new(HostTransfer::new(|_, _, _| {}))),
        }
    }
}

/// The report of a volume from an image.
#[repr(C)]
pub struct zfssa_cloned_image_t {
    /// Bytes that the library filled.
    pub size: u32,
    /// 1 when the image was written during this call, else 0.
    pub transferred: u32,
    /// The volume; NULL when the cache declined and the host should create the volume itself.
    pub volume: *const zfssa_volume_t,
    /// Reason why the cache declined; empty when it did not.
    pub declined: *const c_char,
    /// Cache entry from which the volume was cloned; empty when the cache declined.
    pub cache_entry: *const c_char,
}

impl View for ClonedImage {
    type C = zfssa_cloned_image_t;

    fn view(&self, arena: &mut Arena) -> zfssa_cloned_image_t {
        zfssa_cloned_image_t {
            size: size_of::<zfssa_cloned_image_t>() as u32,
            transferred: self.transferred.into(),
            volume: match &self.volume {
                Some(volume) => {
                    let volume = volume.view(arena);
                    arena.array(vec![volume])
                }
                None => std::ptr::null(),
            },
            declined: arena.text(&self.declined),
            cache_entry: arena.text(&self.cache_entry),
        }
    }
}

/// Creates a volume from an image through the image cache. The first volume of an image needs the
/// image to be written; further volumes are clones. It is no failure if the cache declines.
///
/// A transfer that fails, is cancelled or times out leaves no cache entry. The operation waits for
/// the transfer until its deadline, so choose a timeout that suits the image.
///
/// Result: zfssa_result_cloned_image().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_clone_image(
    driver: *mut zfssa_driver_t,
    args: *const zfssa_clone_image_args_t,
    call: *const zfssa_call_t,
    ticket: *mut zfssa_ticket_t,
    err: *mut *mut zfssa_error_t,
) -> zfssa_status_t {
    // SAFETY: the header asks for what `submit` needs. The guard is in there.
    unsafe { submit(driver, args, call, ticket, err) }
}

/// Output of zfssa_clone_image().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zfssa_result_cloned_image(
    result: *const zfssa_result_t,
) -> *const zfssa_cloned_image_t {
    guard::value(std::ptr::null(), || view::<ClonedImage>(result))
}
