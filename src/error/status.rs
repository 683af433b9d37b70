//! The one table of status numbers. Numbers are stable and never change their meaning.
//!
//! The C constants, the documentation and the bindings' exception classes come from here.
//! Classes: −1…−99 caller and library, −100…−199 transport, −200…−299 the appliance's answer,
//! −300…−399 what it means to a driver. A host that meets a number it does not know handles it
//! by class.

macro_rules! statuses {
    ($($(#[doc = $doc:literal])+ $variant:ident = $number:literal, $name:literal, $retryable:ident;)+) => {
        /// What went wrong; see the class of its number.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(i32)]
        #[non_exhaustive]
        pub enum Status {
            $($(#[doc = $doc])+ $variant = $number,)+
        }

        impl Status {
            /// Every status, in the order of the table.
            pub const ALL: &'static [Status] = &[$(Status::$variant),+];

            /// The name without its C prefix, such as `VOLUME_BUSY`.
            pub fn name(self) -> &'static str {
                match self {
                    $(Status::$variant => $name,)+
                }
            }

            /// What it means, for the header and the documentation.
            pub fn description(self) -> &'static str {
                match self {
                    $(Status::$variant => concat!($($doc),+).trim_ascii_start(),)+
                }
            }

            /// Whether the same call may succeed later without anybody changing anything.
            pub fn retryable(self) -> bool {
                match self {
                    $(Status::$variant => statuses!(@retryable $retryable),)+
                }
            }
        }
    };
    (@retryable retry) => { true };
    (@retryable stop) => { false };
}

statuses! {
    /// An argument is missing, malformed or out of range.
    InvalidArgument = -1, "INVALID_ARGUMENT", stop;
    /// The ticket is unknown, already taken, or belongs to a queue or a callback.
    Stale = -2, "STALE", stop;
    /// The object was made before fork(); the child process must make its own.
    Forked = -3, "FORKED", stop;
    /// The driver or queue is closed and takes no new operations.
    Closed = -4, "CLOSED", stop;
    /// Too many operations are in flight or their results were not taken yet.
    Again = -5, "AGAIN", retry;
    /// A blocking function was called inside a callback, where it could wait for itself.
    WouldDeadlock = -6, "WOULD_DEADLOCK", stop;
    /// A flag, reserved member or structure tail is set that this version does not know.
    Unsupported = -7, "UNSUPPORTED", stop;
    /// The caller was built for another major version of the ABI.
    Abi = -8, "ABI", stop;
    /// The configuration is not valid; the message lists every problem.
    Config = -9, "CONFIG", stop;
    /// A defect in the library; please report it. The process and the driver stay usable.
    Internal = -10, "INTERNAL", stop;
    /// The wait ended before the operation did; the operation goes on.
    TimedOut = -11, "TIMED_OUT", retry;
    /// The operation was cancelled at the caller's request.
    Cancelled = -12, "CANCELLED", stop;
    /// The operation's deadline passed.
    Deadline = -13, "DEADLINE", retry;
    /// The driver was closed or freed while the operation was in flight.
    Shutdown = -14, "SHUTDOWN", stop;
    /// A local file, directory or resource could not be used.
    LocalIo = -15, "LOCAL_IO", retry;

    /// The appliance's host name could not be resolved.
    Resolve = -100, "RESOLVE", retry;
    /// No connection to the appliance could be made.
    Connect = -101, "CONNECT", retry;
    /// The appliance's certificate or the TLS handshake was not acceptable.
    Tls = -102, "TLS", stop;
    /// The appliance's certificate matches none of the configured pins.
    TlsPin = -103, "TLS_PIN", stop;
    /// The connection broke before the answer arrived.
    ConnectionLost = -104, "CONNECTION_LOST", retry;
    /// The appliance did not answer a request in time.
    RequestTimeout = -105, "REQUEST_TIMEOUT", retry;
    /// The answer was not what the REST API promises.
    Protocol = -106, "PROTOCOL", retry;
    /// The coordination service (etcd) could not be used, or this host's locks there may have ended.
    Coordination = -107, "COORDINATION", retry;

    /// The appliance refused the login.
    Unauthenticated = -200, "UNAUTHENTICATED", stop;
    /// The user lacks an authorization, or the object is protected.
    Denied = -201, "DENIED", stop;
    /// The object, or the parent it should be in, does not exist.
    NotFound = -202, "NOT_FOUND", stop;
    /// An object of this name exists.
    Exists = -203, "EXISTS", stop;
    /// The appliance is busy (503) and stayed so for all attempts.
    Busy = -204, "BUSY", retry;
    /// The object changed while the appliance worked on the request.
    StateChanged = -205, "STATE_CHANGED", retry;
    /// The appliance wants a confirmation, which is never sent unasked.
    ConfirmRequired = -206, "CONFIRM_REQUIRED", stop;
    /// A limit of the appliance is exceeded.
    OverLimit = -207, "OVER_LIMIT", stop;
    /// The appliance refused a value or a property.
    InvalidValue = -208, "INVALID_VALUE", stop;
    /// The appliance does not implement the request.
    NotImplemented = -209, "NOT_IMPLEMENTED", stop;
    /// The REST service is disabled, or the appliance's software predates it.
    RestUnavailable = -210, "REST_UNAVAILABLE", stop;
    /// The appliance reported an internal fault.
    Fault = -211, "FAULT", retry;
    /// The pool or project has not enough space.
    NoSpace = -212, "NO_SPACE", stop;

    /// The volume does not exist.
    VolumeNotFound = -300, "VOLUME_NOT_FOUND", stop;
    /// The snapshot does not exist.
    SnapshotNotFound = -301, "SNAPSHOT_NOT_FOUND", stop;
    /// The volume has snapshots or clones that depend on it; the message names them.
    VolumeBusy = -302, "VOLUME_BUSY", stop;
    /// The snapshot has clones that depend on it; the message names them.
    SnapshotBusy = -303, "SNAPSHOT_BUSY", stop;
    /// A volume of this name exists and differs from what was asked for.
    VolumeExists = -304, "VOLUME_EXISTS", stop;
    /// A snapshot of this name exists and is not the one asked for.
    SnapshotExists = -305, "SNAPSHOT_EXISTS", stop;
    /// The size is smaller than the volume or its source.
    InvalidSize = -306, "INVALID_SIZE", stop;
    /// The connector is incomplete, or its initiator belongs to no group.
    InvalidConnector = -307, "INVALID_CONNECTOR", stop;
    /// The backend is not set up; the message lists every finding.
    SetupIncomplete = -308, "SETUP_INCOMPLETE", stop;
    /// The pool belongs to the other cluster head, which is alive.
    PoolNotOwned = -309, "POOL_NOT_OWNED", retry;
    /// The volume or snapshot belongs to Cinder already, here or elsewhere.
    AlreadyManaged = -310, "ALREADY_MANAGED", stop;
    /// The reference names nothing that may be taken under management; the message says why.
    InvalidReference = -311, "INVALID_REFERENCE", stop;
    /// The volume is not what its volume type asks for; the message lists the differences.
    TypeMismatch = -312, "TYPE_MISMATCH", stop;
    /// Newer snapshots or their clones block the revert; the message names them.
    RevertBlocked = -313, "REVERT_BLOCKED", stop;
    /// The host, or the program that writes images, did not write the image.
    Transfer = -320, "TRANSFER", retry;
}

impl Status {
    /// The stable number that crosses the C ABI. Success is 0 and not in this table.
    pub fn code(self) -> i32 {
        self as i32
    }

    /// The status of a number, if this library knows it.
    pub fn from_code(code: i32) -> Option<Status> {
        Status::ALL
            .iter()
            .copied()
            .find(|status| status.code() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn numbers_and_names_are_unique_and_negative() {
        let codes: HashSet<i32> = Status::ALL.iter().map(|status| status.code()).collect();
        let names: HashSet<&str> = Status::ALL.iter().map(|status| status.name()).collect();
        assert_eq!(codes.len(), Status::ALL.len());
        assert_eq!(names.len(), Status::ALL.len());
        assert!(codes.iter().all(|code| (-399..=-1).contains(code)));
    }

    #[test]
    fn a_number_leads_back_to_its_status() {
        for status in Status::ALL {
            assert_eq!(Status::from_code(status.code()), Some(*status));
        }
        assert_eq!(Status::from_code(0), None);
    }
}
