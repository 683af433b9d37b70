/* zfssa.h: an asynchronous engine for Oracle ZFS Storage Appliances.
 *
 * Generated from the library's sources by tests/header; do not edit.
 *
 *
 * EXAMPLE
 *
 *     zfssa_config_t *config;      zfssa_config_new(&config, &err);
 *                                  zfssa_config_load_cinder_conf(config, path, "zfssa-1", &err);
 *     zfssa_driver_t *driver;      zfssa_driver_new(config, &driver, &err);
 *
 *     zfssa_create_volume_args_t args = {0};
 *     args.size = sizeof args;
 *     args.name = "volume-1";
 *     args.size_gib = 10;
 *     zfssa_ticket_t ticket;       zfssa_create_volume(driver, &args, NULL, &ticket, &err);
 *     zfssa_result_t *result;      zfssa_ticket_wait(ticket, -1, &result, &err);
 *     if (zfssa_result_status(result) == ZFSSA_OK)
 *         puts(zfssa_result_volume(result)->guid);
 *     zfssa_result_free(result);
 *
 *
 * CONTENTS
 *
 * @CONTENTS@
 *
 * zfssa_dl.h declares the function table for hosts that load the library with dlopen().
 *
 *
 * CONVENTIONS
 *
 * A function that can fail returns a zfssa_status_t, ZFSSA_OK (0) or negative, and takes a
 * `zfssa_error_t **err` as its last parameter, which may be NULL. On failure `*err` receives an
 * error that the caller owns and frees with zfssa_error_free(); on success it is set to NULL.
 * Output parameters come before `err`, must not be NULL, and are set to NULL or 0 on failure.
 * A function that cannot fail returns its value, or NULL or 0 for a bad handle. There is no
 * thread-local "last error".
 *
 * Unless its comment says otherwise, a function does not block, may be called from any thread,
 * and exists since version 1.0.
 *
 * Objects are created by a function whose name ends in _new, or received, and freed by the
 * function whose name ends in _free, which ignores NULL. Handles look like pointers, but are looked
 * up and never dereferenced: a freed handle, a handle of another kind and garbage are refused with
 * ZFSSA_E_INVALID_ARGUMENT. No handle value is ever reused.
 *
 * Memory that the library returns belongs to the object from which it was read and is valid until
 * that object is freed; never call free() on it. Arguments are read during the call and copied.
 * Strings are UTF-8, end with a NUL, and have a maximum length (ZFSSA_MAX_NAME, ZFSSA_MAX_TEXT);
 * names contain no control characters. Where NULL has a meaning of its own for a string (every
 * host, the whole list, the default), an empty string is refused with ZFSSA_E_INVALID_ARGUMENT.
 *
 * A structure that the caller fills begins with `size`, which must be its sizeof. Clear it first,
 * with memset or = {0}, so that members of later versions are 0; 0 selects the default. `flags` and
 * `reserved` must be 0 unless flags are listed; an unknown flag, or a non-zero member that the
 * library does not know, is refused with ZFSSA_E_UNSUPPORTED. In a structure that the library
 * fills, `size` is the number of bytes filled. Members without a comment follow this rule:
 * `<name>_count` is the number of elements of the array `<name>`. Lists of structures are arrays of
 * pointers. Structures may grow at the end and do not change otherwise; the elements of arrays that
 * the caller fills do not grow.
 *
 *
 * OPERATIONS
 *
 * Everything that accesses the appliance is an operation, named after Cinder's method. All
 * operations have the same parameters, return at once, and return a ticket. An accepted operation
 * (ZFSSA_OK) completes exactly once, as the call selects:
 *
 *   - the result is kept until zfssa_ticket_wait() takes it (no zfssa_call_t, or neither queue nor
 *     callback);
 *   - an event is posted to a queue and taken with zfssa_queue_next(); the file descriptor of
 *     zfssa_queue_fd() is readable if and only if there is an event;
 *   - a callback is invoked on a thread of the library.
 *
 * A refused operation never completes; nothing was taken from the caller and nothing was sent.
 * Memory for the completion is reserved when the operation is accepted, so none is ever lost.
 * zfssa_max_in_flight limits running operations and untaken results together; beyond it,
 * submission fails with ZFSSA_E_AGAIN.
 *
 * The timeout covers the whole operation: login, retries and polls. On a timeout or cancellation an
 * operation rolls back before it completes. Every operation may be repeated after any failure: it
 * finds the objects of the earlier call.
 *
 * The error of a failed operation has an outcome, which says whether the appliance was changed, and
 * `retryable`, which says whether the same call may succeed later. ZFSSA_OUTCOME_UNKNOWN: the
 * library could not determine whether the change was made. Repeat the call; it looks before it
 * acts.
 *
 * The comment of an operation's function ends with its contract:
 *
 *   Result      the accessor of the output. It returns a view that belongs to the result, and NULL
 *               for the result of another operation and for a failure.
 *   Errors      the driver's statuses (-300 and below) with which it may fail, in addition to
 *               those of the caller, the transport and the appliance, which any operation may have.
 *   Outcomes    the outcomes that its errors may have, without their prefix.
 *   Requests    the number of requests of a warm session, and how many of them are sequential.
 *   Locks       the objects that it locks against other operations, if any.
 *   Journalled  the work that is recovered after a crash, if zfssa_state_dir is set.
 *
 *
 * THREADS
 *
 * Any function may be called from any thread at any time, on the same objects too. A thread that
 * uses an object while another thread frees it receives an error; memory that was read from the
 * object, such as a string of a result, must not be used any more. Functions that block say so.
 *
 * Callbacks, destructors and log functions run on one thread, zfssa-cb, one at a time. In them,
 * functions that block fail with ZFSSA_E_WOULD_DEADLOCK unless their timeout is 0; all other
 * functions may be called, zfssa_driver_free() included. They must neither throw nor longjmp.
 * Hosts in Python and Go should use a queue instead of callbacks: their runtimes handle threads
 * they did not create poorly.
 *
 *
 * PROCESS
 *
 * fork(): in the child, objects created before the fork fail with ZFSSA_E_FORKED, and freeing them
 * has no effect. The child may create objects of its own. It must not use the parent's queue
 * descriptors; a child forked inside a callback must not return from it. A fork is safe while other
 * threads are in the library; as in any program with threads, the child calls functions before exec
 * at its own risk.
 *
 * Threads: zfssa-io-N (engine), zfssa-cb (callbacks), zfssa-reap (teardown), zfssa-file-N
 * (journals, if zfssa_state_dir is set) and zfssa-name-N (lookups, if an option has a host name).
 * They start with the first driver that needs them and end with the last. If one cannot be
 * started, zfssa_driver_new() fails with ZFSSA_E_LOCAL_IO. Operations start no threads, with one
 * exception: a migration to a host name that no option lists starts the lookup threads, or fails
 * with ZFSSA_E_LOCAL_IO.
 *
 * The library's threads block all signals but SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS and
 * SIGABRT, so that signals are delivered to the host's threads and a broken connection raises no
 * SIGPIPE. No function is async-signal-safe.
 *
 * The library changes no signal handler, environment variable, locale, global logger, panic hook or
 * TLS provider, and registers nothing with atexit(). exit() with operations in flight is safe: they
 * are cut off. dlclose() has no effect: the library stays mapped. Out of memory ends the process,
 * as Rust does. A defect in the library is reported as ZFSSA_E_INTERNAL, after a line on stderr;
 * the process and the driver stay usable.
 *
 *
 * VERSIONS
 *
 * ZFSSA_ABI_MAJOR is the version of the shared library, libzfssa.so.1. A program runs with every
 * library of the same major version whose minor version is at least that of its header; compare
 * zfssa_abi_version() where both are not installed together. Functions, members, numbers and event
 * kinds are added and never removed or changed. Treat an unknown status by its class (status /
 * 100), and ignore events of unknown kind. docs/abi.md has the whole policy.
 *
 * Platform: 64-bit Linux with the LP64 data model.
 */
