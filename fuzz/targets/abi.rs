//! The C ABI: any values in the argument structures of every operation, in memory of just the size
//! that they say, against an appliance that is not there.
//!
//! What the header asks of a host is kept: a pointer is NULL or good, an array has its count.
//! Everything else is free, sizes, flags, counts of NULL, handles and texts included. What must
//! hold: no crash; a refused submit writes an error and no ticket; an accepted one completes exactly
//! once, in its place; and in the end there are no more objects than before.
#![no_main]
#![allow(unsafe_code, clashing_extern_declarations)]

use std::ffi::{CString, c_char, c_void};
use std::ptr::null_mut;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
// The exports lie in its library.
use zfssa as _;

type Operation = unsafe extern "C" fn(
    *mut c_void,
    *const c_void,
    *const c_void,
    *mut u64,
    *mut *mut c_void,
) -> i32;
/// ZFSSA_EV_COMPLETION.
const COMPLETION: u32 = 1;

type View = unsafe extern "C" fn(*const c_void) -> usize;

pub struct Structure {
    #[allow(dead_code, reason = "for whoever debugs")]
    name: &'static str,
    members: &'static [Member],
}

pub struct Member {
    name: &'static str,
    kind: Kind,
}

#[allow(dead_code, reason = "not every kind need be in the header")]
pub enum Kind {
    /// The structure's own size.
    Size,
    Four,
    Eight,
    Text,
    Texts,
    Callback,
    Drop,
    Queue,
    /// Of the structure with this number.
    Array(usize),
}

include!(concat!(env!("OUT_DIR"), "/abi.rs"));

unsafe extern "C" {
    fn zfssa_objects_alive() -> u64;
    fn zfssa_config_new(config: *mut *mut c_void, err: *mut *mut c_void) -> i32;
    fn zfssa_config_set(
        config: *mut c_void,
        name: *const c_char,
        value: *const c_char,
        err: *mut *mut c_void,
    ) -> i32;
    fn zfssa_config_free(config: *mut c_void);
    fn zfssa_driver_new(
        config: *const c_void,
        driver: *mut *mut c_void,
        err: *mut *mut c_void,
    ) -> i32;
    fn zfssa_queue_new(queue: *mut *mut c_void, err: *mut *mut c_void) -> i32;
    fn zfssa_queue_next(
        queue: *mut c_void,
        events: *mut Event,
        event_size: u32,
        max: u32,
        timeout_ms: i64,
        count: *mut u32,
        err: *mut *mut c_void,
    ) -> i32;
    fn zfssa_ticket_wait(
        ticket: u64,
        timeout_ms: i64,
        result: *mut *mut c_void,
        err: *mut *mut c_void,
    ) -> i32;
    fn zfssa_ticket_cancel(ticket: u64, err: *mut *mut c_void) -> i32;
    fn zfssa_result_free(result: *mut c_void);
    fn zfssa_result_json(result: *const c_void, length: *mut u64) -> *const c_char;
    fn zfssa_error_json(error: *const c_void, length: *mut u64) -> *const c_char;
    fn zfssa_error_free(error: *mut c_void);
}

#[repr(C)]
#[derive(Clone, Copy)]
struct Event {
    kind: u32,
    flags: u32,
    ticket: u64,
    user_data: u64,
    result: *mut c_void,
}

/// What the whole process has once.
struct World {
    driver: usize,
    queue: usize,
    objects: u64,
}

/// Completions that callbacks got, and contexts that were dropped.
static CALLED: AtomicU64 = AtomicU64::new(0);

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let (mut config, mut driver, mut queue) = (null_mut(), null_mut(), null_mut());
        // SAFETY: the places are writable and the texts are literals.
        unsafe {
            assert_eq!(zfssa_config_new(&mut config, null_mut()), 0);
            for (name, value) in [
                // Discard: nothing listens there, and connecting is refused at once.
                (c"san_ip", c"127.0.0.1"),
                (c"san_api_port", c"9"),
                (c"san_login", c"cinder"),
                (c"san_password", c"CANARY-password"),
                (c"zfssa_pool", c"pool-0"),
                (c"zfssa_project", c"cinder"),
                (c"zfssa_initiator_group", c"compute"),
                (c"zfssa_target_portal", c"127.0.0.1:3260"),
                (c"zfssa_target_interfaces", c"ixgbe0"),
                (c"zfssa_tls_mode", c"insecure"),
            ] {
                zfssa_config_set(config, name.as_ptr(), value.as_ptr(), null_mut());
            }
            let mut err = null_mut();
            let made = zfssa_driver_new(config, &mut driver, &mut err);
            assert_eq!(made, 0, "{}", told(err));
            zfssa_config_free(config);
            assert_eq!(zfssa_queue_new(&mut queue, null_mut()), 0);
            World {
                driver: driver as usize,
                queue: queue as usize,
                objects: zfssa_objects_alive(),
            }
        }
    })
}

/// What an error says, as JSON.
unsafe fn told(err: *mut c_void) -> String {
    // SAFETY: any value is good for a handle; the text lives as long as the error.
    unsafe {
        let text = zfssa_error_json(err, null_mut());
        if text.is_null() {
            return String::new();
        }
        std::ffi::CStr::from_ptr(text)
            .to_string_lossy()
            .into_owned()
    }
}

unsafe extern "C" fn called(_context: *mut c_void, result: *mut c_void) {
    // SAFETY: a completion's result is the callback's.
    unsafe { look(result) };
    CALLED.fetch_add(1, Ordering::Release);
}

unsafe extern "C" fn dropped(_context: *mut c_void) {}

/// Looks at a result through every view, and frees it.
unsafe fn look(result: *mut c_void) {
    // SAFETY: any value is good for a handle.
    unsafe {
        for view in VIEWS {
            view(result);
        }
        let mut length = 0;
        let text = zfssa_result_json(result, &mut length);
        if !text.is_null() {
            assert_eq!(
                std::ffi::CStr::from_ptr(text).to_bytes().len() as u64,
                length
            );
        }
        zfssa_result_free(result);
    }
}

/// The memory that structures point into.
#[derive(Default)]
struct Memory {
    texts: Vec<CString>,
    blocks: Vec<Box<[u8]>>,
}

impl Memory {
    fn text(&mut self, input: &mut Unstructured<'_>) -> Result<u64> {
        const LIKELY: &[&str] = &[
            "volume-1",
            "snapshot-1",
            "iqn.1994-05.org.example:a",
            "zfssa:sparse",
            "true",
            "",
            "192.0.2.9::pool-0:cinder:group:192.0.2.9",
            "2026-01-01T00:00:00Z",
        ];
        let bytes = match input.int_in_range(0..=3)? {
            0 => return Ok(0),
            1 => input.choose(LIKELY)?.as_bytes().to_vec(),
            _ => {
                let length = input.int_in_range(0..=40)?;
                let bytes = input.bytes(length.min(input.len()))?;
                bytes.iter().copied().filter(|byte| *byte != 0).collect()
            }
        };
        self.texts.push(CString::new(bytes).expect("no NUL"));
        Ok(self.texts[self.texts.len() - 1].as_ptr() as u64)
    }

    fn keep(&mut self, bytes: Vec<u8>) -> u64 {
        self.blocks.push(bytes.into_boxed_slice());
        self.blocks[self.blocks.len() - 1].as_ptr() as u64
    }

    /// A structure's bytes. Those that say their size get just as many as they say.
    fn structure(
        &mut self,
        input: &mut Unstructured<'_>,
        structure: &Structure,
    ) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut sized = false;
        let mut counts: Vec<(String, u32)> = Vec::new();
        for Member { name, kind } in structure.members {
            match kind {
                Kind::Size => {
                    sized = true;
                    bytes.extend(0u32.to_ne_bytes());
                }
                Kind::Four => {
                    let pointed = counts
                        .iter()
                        .find(|(pointer, _)| name.strip_suffix("_count") == Some(pointer.as_str()));
                    let value = match (pointed, input.int_in_range(0..=7)?) {
                        (Some((_, count)), _) => *count,
                        (None, 0) => input.arbitrary()?,
                        (None, 1) => 1 << input.int_in_range(0..=31)?,
                        _ => 0,
                    };
                    bytes.extend(value.to_ne_bytes());
                }
                Kind::Eight => {
                    let value: u64 = match input.int_in_range(0..=3)? {
                        0 => 0,
                        1 => input.arbitrary()?,
                        _ => u64::from(input.arbitrary::<u8>()?),
                    };
                    bytes.extend(value.to_ne_bytes());
                }
                Kind::Text => bytes.extend(self.text(input)?.to_ne_bytes()),
                Kind::Texts => {
                    let mut all = Vec::new();
                    let count = self.count(input, name, &mut counts)?;
                    for _ in 0..count {
                        all.extend(self.text(input)?.to_ne_bytes());
                    }
                    bytes.extend(self.array(all).to_ne_bytes());
                }
                Kind::Array(of) => {
                    let mut all = Vec::new();
                    let count = self.count(input, name, &mut counts)?;
                    for _ in 0..count {
                        all.extend(self.structure(input, &STRUCTURES[*of])?);
                    }
                    bytes.extend(self.array(all).to_ne_bytes());
                }
                Kind::Callback => {
                    let value = if input.ratio(1, 4)? {
                        called as *const () as u64
                    } else {
                        0
                    };
                    bytes.extend(value.to_ne_bytes());
                }
                Kind::Drop => {
                    let value = if input.ratio(1, 4)? {
                        dropped as *const () as u64
                    } else {
                        0
                    };
                    bytes.extend(value.to_ne_bytes());
                }
                Kind::Queue => {
                    let value = match input.int_in_range(0..=7)? {
                        0 => input.arbitrary()?,
                        1 | 2 => world().queue as u64,
                        _ => 0,
                    };
                    bytes.extend(value.to_ne_bytes());
                }
            }
        }
        if sized {
            let whole = bytes.len() as u32;
            let size: u32 = match input.int_in_range(0..=9)? {
                0 => input.int_in_range(0..=whole)?,
                1 => whole + input.int_in_range(0..=64)?,
                2 => input.arbitrary()?,
                _ => whole,
            };
            bytes[..4].copy_from_slice(&size.to_ne_bytes());
            // What says that it is larger than any is not read beyond that.
            let length = if size <= 4096 { size.max(4) } else { 4 };
            bytes.resize(length as usize, 0);
            if length > whole && input.ratio(1, 2)? {
                bytes[length as usize - 1] = input.arbitrary()?;
            }
        }
        Ok(bytes)
    }

    /// A count; NULL may go with any.
    fn count(
        &mut self,
        input: &mut Unstructured<'_>,
        name: &str,
        counts: &mut Vec<(String, u32)>,
    ) -> Result<u32> {
        let count = input.int_in_range(0..=3)?;
        let said = if count == 0 {
            input.arbitrary::<u8>()?.into()
        } else {
            count
        };
        counts.push((name.to_owned(), said));
        Ok(count)
    }

    fn array(&mut self, bytes: Vec<u8>) -> u64 {
        if bytes.is_empty() {
            0
        } else {
            self.keep(bytes)
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let world = world();
    let mut input = Unstructured::new(bytes);
    // A few operations at once.
    for _ in 0..3 {
        let _ = one(world, &mut input);
    }
    // SAFETY: no arguments.
    let objects = unsafe { zfssa_objects_alive() };
    assert_eq!(objects, world.objects, "objects are left");
});

fn one(world: &World, input: &mut Unstructured<'_>) -> Result<()> {
    let mut memory = Memory::default();
    let (operation, at) = input.choose(OPERATIONS)?;
    let args = match input.int_in_range(0..=15)? {
        0 => 0,
        _ => {
            let bytes = memory.structure(input, &STRUCTURES[*at])?;
            memory.keep(bytes)
        }
    };
    let mut words = [0u64; 8];
    let call = if input.ratio(1, 2)? {
        let bytes = memory.structure(input, &STRUCTURES[CALL])?;
        for (word, part) in words.iter_mut().zip(bytes.chunks_exact(8)) {
            *word = u64::from_ne_bytes(part.try_into().expect("8 bytes"));
        }
        memory.keep(bytes)
    } else {
        0
    };
    let driver = match input.int_in_range(0..=15)? {
        0 => 0,
        1 => input.arbitrary()?,
        2 => world.queue as u64,
        _ => world.driver as u64,
    };
    let (wants_ticket, wants_error) = (!input.ratio(1, 16)?, !input.ratio(1, 16)?);
    let (mut ticket, mut err) = (0u64, null_mut());
    let before = CALLED.load(Ordering::Acquire);
    // SAFETY: the structures are as long as they say and their pointers NULL or good; handles may
    // be anything.
    let status = unsafe {
        operation(
            driver as *mut c_void,
            args as *const c_void,
            call as *const c_void,
            if wants_ticket {
                &mut ticket
            } else {
                null_mut()
            },
            if wants_error { &mut err } else { null_mut() },
        )
    };
    if status != 0 {
        assert_eq!(ticket, 0, "a refused submit has a ticket");
        assert_eq!(
            err.is_null(),
            !wants_error,
            "an error is where it is wanted"
        );
        // SAFETY: as above.
        unsafe {
            assert!(!told(err).contains("CANARY"));
            zfssa_error_free(err);
        }
        return Ok(());
    }
    assert!(wants_ticket && ticket != 0 && err.is_null());
    // SAFETY: any ticket is good, and the places are writable.
    unsafe {
        zfssa_ticket_cancel(ticket, null_mut());
        let (queue, callback) = (words[2], words[4]);
        if queue != 0 {
            // Progress may come before the completion.
            loop {
                let mut event = Event {
                    kind: 0,
                    flags: 0,
                    ticket: 0,
                    user_data: 0,
                    result: null_mut(),
                };
                let mut count = 0;
                let size = size_of::<Event>() as u32;
                let queue = queue as *mut c_void;
                let got =
                    zfssa_queue_next(queue, &mut event, size, 1, 10_000, &mut count, null_mut());
                assert_eq!((got, count), (0, 1), "no completion on the queue");
                assert_eq!(event.ticket, ticket, "another operation's event");
                look(event.result);
                if event.kind == COMPLETION {
                    break;
                }
            }
        } else if callback != 0 {
            while CALLED.load(Ordering::Acquire) == before {
                std::thread::yield_now();
            }
            assert_eq!(CALLED.load(Ordering::Acquire), before + 1);
        } else {
            let mut result = null_mut();
            assert_eq!(
                zfssa_ticket_wait(ticket, 10_000, &mut result, null_mut()),
                0,
                "no completion"
            );
            look(result);
            assert_ne!(
                zfssa_ticket_wait(ticket, 0, &mut result, null_mut()),
                0,
                "completed twice"
            );
        }
    }
    Ok(())
}
