/* zfssa.h: an asynchronous engine for Oracle ZFS Storage Appliances.
 *
 * Made from the library's sources by tests/header.rs: edit those.
 *
 *
 * IN SHORT
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
 *     zfssa_result_t *result;      zfssa_wait(ticket, -1, &result, &err);
 *     if (zfssa_result_status(result) == ZFSSA_OK)
 *         puts(zfssa_result_volume(result)->guid);
 *     zfssa_result_free(result);
 *
 *
 * CONVENTIONS
 *
 * A function that can fail returns a zfssa_status_t, which is ZFSSA_OK (0) or negative, and
 * takes a `zfssa_error_t **err` last. `err` may be NULL. It is set to NULL on success and to an
 * error of the caller's, to be freed with zfssa_error_free(), on failure. What a function gives
 * comes through pointers before `err`, which must not be NULL and are NULL or 0 after a failure.
 * A function that cannot fail returns its value, or NULL or 0 for a bad handle. There is no
 * "last error", neither of the thread nor of the object.
 *
 * Objects are made by a function ending in _new, or received, and freed by the one function
 * ending in _free, for which NULL is fine. Their handles look like pointers and are not: they
 * are looked up, never followed. So a handle that was freed, is of another kind, or is garbage
 * gives ZFSSA_E_INVALID_ARGUMENT with the reason, not a crash. No handle is given twice.
 *
 * What the library gives belongs to the object it came from and is valid until that is freed,
 * unless it says otherwise; free() is never to be called on it. What the caller gives is read
 * during the call and copied. Strings are UTF-8, end with a NUL, and have a longest size
 * (ZFSSA_MAX_NAME, ZFSSA_MAX_TEXT); names hold no control characters.
 *
 * Where NULL for a text has a meaning of its own (every host, the whole list, the default), an
 * empty text is refused with ZFSSA_E_INVALID_ARGUMENT and does not mean the same: a host whose
 * variable is empty by mistake must not have asked for everything.
 *
 * A structure that the caller fills begins with `size`, to be set to its sizeof; everything
 * else may be 0, and 0 means the default. Clear it with memset or = {0} first, so that members
 * of later versions are 0 too. Members that a library does not know must be 0, and so must
 * unknown flags and `reserved`: ZFSSA_E_UNSUPPORTED otherwise. A structure that the library
 * fills begins with `size` too, the bytes that it filled. Lists of structures are arrays of
 * pointers to them. All of them may grow at the end; none will change otherwise.
 *
 *
 * OPERATIONS
 *
 * Everything that concerns the appliance is an operation, named as Cinder names it. All have one
 * shape, return at once, and give a ticket: a number, which needs no freeing. An operation that
 * was accepted (ZFSSA_OK) completes exactly once, in the place that the call chose:
 *
 *   - kept until zfssa_wait() takes it (no zfssa_call_t, or one without queue and callback);
 *   - an event on a queue, taken with zfssa_queue_next(); the file descriptor of
 *     zfssa_queue_fd() is readable if and only if there is an event, for poll() and the like;
 *   - a call of the host's function, on a thread of the library's made for this.
 *
 * One that was refused never completes; nothing was taken from the caller and nothing sent.
 * Room for the completion is made when the operation is accepted, so none is ever lost. A result
 * that nobody takes keeps its room: the option zfssa_max_in_flight limits both together, and
 * ZFSSA_E_AGAIN tells.
 *
 * The time limit covers the whole operation: the login, all attempts, all polls. Cancelling and
 * the end of the time let an operation undo what it did; it completes after that. Every operation
 * may be repeated after any failure: it finds what an earlier one made.
 *
 * A failed operation says in `outcome` whether the appliance was changed, and in `retryable`
 * whether the same call may succeed later. ZFSSA_OUTCOME_UNKNOWN is rare and honest.
 *
 *
 * THREADS
 *
 * Any function may be called from any thread at any time, on the same objects too. Freeing an
 * object while another thread uses it is an orderly error there; only what was read from it,
 * such as a string of a result, must not be used any more. Functions that block say so.
 *
 * Functions of the host's (callbacks, drop functions, log functions) run on one thread,
 * zfssa-cb, one at a time. In them, functions that block give ZFSSA_E_WOULD_DEADLOCK, unless
 * their timeout is 0; all others are fine, freeing the driver included. They must neither throw
 * nor longjmp out. Hosts in Python and Go should take a queue and not a callback: their runtimes
 * do not like foreign threads.
 *
 *
 * PROCESS
 *
 * fork(): in the child, whatever was made before gives ZFSSA_E_FORKED, and freeing it returns at
 * once and frees nothing. The child can make objects of its own. It must leave the parent's
 * queue descriptors alone; forked inside a callback, it must not return from that. A fork is
 * safe while other threads are in the library; as always in a program with threads, what the
 * child calls before exec is at its own risk.
 *
 * Threads: zfssa-io-N (the engine), zfssa-cb, zfssa-reap; zfssa-file-N for journals, where
 * zfssa_state_dir is set; zfssa-name-N for lookups, where a host is named by a name. They start
 * with the first driver that needs them and end with the last. Where one cannot be started,
 * zfssa_driver_new() gives ZFSSA_E_LOCAL_IO. Operations start no threads. The exception is a
 * migration whose destination is a host name that no option lists: it starts those for lookups,
 * and fails with ZFSSA_E_LOCAL_IO where it cannot.
 *
 * The library's threads block all signals but SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS and
 * SIGABRT, so that the host's signals come to the host's threads, and a broken connection raises
 * no SIGPIPE. No function is async-signal-safe.
 *
 * The library touches no signal handler, no environment variable, no locale, no global logger,
 * panic hook or TLS provider; it installs nothing with atexit(). exit() with operations in
 * flight is fine: they are cut off. dlclose() is harmless: the library stays mapped. Out of
 * memory ends the process, as Rust does. A defect in the library is ZFSSA_E_INTERNAL, after a
 * line on stderr; the process and the driver stay usable.
 *
 *
 * VERSIONS
 *
 * The number of ZFSSA_ABI_MAJOR is that of the shared library, libzfssa.so.1. Within it, a
 * program runs with every library whose minor number is that of its header or larger; compare
 * zfssa_abi_version() where both are not installed together. Functions, members, numbers and
 * event kinds are added and never removed or changed; so handle a status by its class, and skip
 * an event, whose number you do not know. docs/abi.md has the whole policy.
 *
 * 64-bit Linux with the LP64 data model.
 */
