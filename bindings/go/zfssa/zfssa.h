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

#ifndef ZFSSA_H
#define ZFSSA_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------------------------ Versions */

/** The version of this header. */
#define ZFSSA_VERSION "1.0.0"

/** Changes never, we hope: it is the SONAME's number. */
#define ZFSSA_ABI_MAJOR 1

/**
 * Grows with each release that adds a function or a member. A program built with this header
 * needs a library whose minor number is the same or larger.
 */
#define ZFSSA_ABI_MINOR 0

/**
 * The version of the library, such as "1.0.0". Never NULL.
 *
 * Does not block. Any thread. The text is static. Since 1.0.
 */
const char *zfssa_version(void);

/**
 * The version of the library's ABI: the major number in the upper 16 bits, the minor one in
 * the lower. See ZFSSA_ABI_MAJOR.
 *
 * Does not block. Any thread. Since 1.0.
 */
uint32_t zfssa_abi_version(void);

/**
 * How many objects of this library the process holds and has not freed: for tests of a host,
 * which should find 0 at their end.
 *
 * Does not block. Any thread. Since 1.0.
 */
uint64_t zfssa_objects_alive(void);

/* --------------------------------------------------------------------------------------- Types */

/**
 * The options of one backend. Values may come from several sources; a later one overrides an
 * earlier one. Whatever is wrong with them is told by zfssa_config_validate() and
 * zfssa_driver_new(), all at once. Values never come out again.
 */
typedef struct zfssa_config_t zfssa_config_t;

/** One backend: an appliance, a pool and a project. */
typedef struct zfssa_driver_t zfssa_driver_t;

/**
 * What went wrong. Immutable. Whoever received it through an `err` parameter owns it and frees
 * it with zfssa_error_free().
 */
typedef struct zfssa_error_t zfssa_error_t;

/** A place for completions, to be drained by whoever likes, from any number of drivers. */
typedef struct zfssa_queue_t zfssa_queue_t;

/**
 * How an operation ended. Immutable, readable from any thread, independent of the driver and
 * the queue. Whoever received it owns it and frees it with zfssa_result_free(). What its
 * functions return belongs to it and is valid as long as it is.
 */
typedef struct zfssa_result_t zfssa_result_t;

/**
 * How a call ended: ZFSSA_OK, or one of the negative ZFSSA_E_ numbers, which are stable and
 * whose hundreds are classes: -1 to -99 the caller and the library, -100 to -199 the transport,
 * -200 to -299 the appliance's answer, -300 to -399 what it means to a driver. Treat a number
 * that you do not know by its class.
 */
typedef int32_t zfssa_status_t;

/** Whether a failed operation changed the appliance: one of the ZFSSA_OUTCOME_ numbers. */
typedef uint32_t zfssa_outcome_t;

/**
 * An operation in flight: a number, never 0 and never given twice. It needs no freeing, and an
 * old one does no harm.
 */
typedef uint64_t zfssa_ticket_t;

/* -------------------------------------------------------------------------------------- Limits */

/** Longest name or other short text, in bytes, without the NUL. */
#define ZFSSA_MAX_NAME 4096

/** Longest text of a configuration, and longest message to echo, in bytes, without the NUL. */
#define ZFSSA_MAX_TEXT 1048576

/** Most elements in one array of an argument structure. */
#define ZFSSA_MAX_ITEMS 1048576

/** A key and its value. */
typedef struct zfssa_pair_t {
    /** The key; required. */
    const char *key;
    /** The value; required, may be empty. */
    const char *value;
} zfssa_pair_t;

/* -------------------------------------------------------------------------------------- Errors */

/** Success. */
#define ZFSSA_OK 0
/** An argument is missing, malformed or out of range. */
#define ZFSSA_E_INVALID_ARGUMENT (-1)
/** The ticket is unknown, already taken, or belongs to a queue or a callback. */
#define ZFSSA_E_STALE (-2)
/** The object was made before fork(); the child process must make its own. */
#define ZFSSA_E_FORKED (-3)
/** The driver or queue is closed and takes no new operations. */
#define ZFSSA_E_CLOSED (-4)
/** Too many operations are in flight or their results were not taken yet. */
#define ZFSSA_E_AGAIN (-5)
/** A blocking function was called inside a callback, where it could wait for itself. */
#define ZFSSA_E_WOULD_DEADLOCK (-6)
/** A flag, reserved member or structure tail is set that this version does not know. */
#define ZFSSA_E_UNSUPPORTED (-7)
/** The caller was built for another major version of the ABI. */
#define ZFSSA_E_ABI (-8)
/** The configuration is not valid; the message lists every problem. */
#define ZFSSA_E_CONFIG (-9)
/** A defect in the library; please report it. The process and the driver stay usable. */
#define ZFSSA_E_INTERNAL (-10)
/** The wait ended before the operation did; the operation goes on. */
#define ZFSSA_E_TIMED_OUT (-11)
/** The operation was cancelled at the caller's request. */
#define ZFSSA_E_CANCELLED (-12)
/** The operation's deadline passed. */
#define ZFSSA_E_DEADLINE (-13)
/** The driver was closed or freed while the operation was in flight. */
#define ZFSSA_E_SHUTDOWN (-14)
/** A local file, directory or resource could not be used. */
#define ZFSSA_E_LOCAL_IO (-15)
/** The appliance's host name could not be resolved. */
#define ZFSSA_E_RESOLVE (-100)
/** No connection to the appliance could be made. */
#define ZFSSA_E_CONNECT (-101)
/** The appliance's certificate or the TLS handshake was not acceptable. */
#define ZFSSA_E_TLS (-102)
/** The appliance's certificate matches none of the configured pins. */
#define ZFSSA_E_TLS_PIN (-103)
/** The connection broke before the answer arrived. */
#define ZFSSA_E_CONNECTION_LOST (-104)
/** The appliance did not answer a request in time. */
#define ZFSSA_E_REQUEST_TIMEOUT (-105)
/** The answer was not what the REST API promises. */
#define ZFSSA_E_PROTOCOL (-106)
/** The appliance refused the login. */
#define ZFSSA_E_UNAUTHENTICATED (-200)
/** The user lacks an authorization, or the object is protected. */
#define ZFSSA_E_DENIED (-201)
/** The object, or the parent it should be in, does not exist. */
#define ZFSSA_E_NOT_FOUND (-202)
/** An object of this name exists. */
#define ZFSSA_E_EXISTS (-203)
/** The appliance is busy (503) and stayed so for all attempts. */
#define ZFSSA_E_BUSY (-204)
/** The object changed while the appliance worked on the request. */
#define ZFSSA_E_STATE_CHANGED (-205)
/** The appliance wants a confirmation, which is never sent unasked. */
#define ZFSSA_E_CONFIRM_REQUIRED (-206)
/** A limit of the appliance is exceeded. */
#define ZFSSA_E_OVER_LIMIT (-207)
/** The appliance refused a value or a property. */
#define ZFSSA_E_INVALID_VALUE (-208)
/** The appliance does not implement the request. */
#define ZFSSA_E_NOT_IMPLEMENTED (-209)
/** The REST service is disabled, or the appliance's software predates it. */
#define ZFSSA_E_REST_UNAVAILABLE (-210)
/** The appliance reported an internal fault. */
#define ZFSSA_E_FAULT (-211)
/** The pool or project has not enough space. */
#define ZFSSA_E_NO_SPACE (-212)
/** The volume does not exist. */
#define ZFSSA_E_VOLUME_NOT_FOUND (-300)
/** The snapshot does not exist. */
#define ZFSSA_E_SNAPSHOT_NOT_FOUND (-301)
/** The volume has snapshots or clones that depend on it; the message names them. */
#define ZFSSA_E_VOLUME_BUSY (-302)
/** The snapshot has clones that depend on it; the message names them. */
#define ZFSSA_E_SNAPSHOT_BUSY (-303)
/** A volume of this name exists and differs from what was asked for. */
#define ZFSSA_E_VOLUME_EXISTS (-304)
/** A snapshot of this name exists and is not the one asked for. */
#define ZFSSA_E_SNAPSHOT_EXISTS (-305)
/** The size is smaller than the volume or its source. */
#define ZFSSA_E_INVALID_SIZE (-306)
/** The connector is incomplete, or its initiator belongs to no group. */
#define ZFSSA_E_INVALID_CONNECTOR (-307)
/** The backend is not set up; the message lists every finding. */
#define ZFSSA_E_SETUP_INCOMPLETE (-308)
/** The pool belongs to the other cluster head, which is alive. */
#define ZFSSA_E_POOL_NOT_OWNED (-309)
/** The volume or snapshot belongs to Cinder already, here or elsewhere. */
#define ZFSSA_E_ALREADY_MANAGED (-310)
/** The reference names nothing that may be taken under management; the message says why. */
#define ZFSSA_E_INVALID_REFERENCE (-311)
/** The volume is not what its volume type asks for; the message lists the differences. */
#define ZFSSA_E_TYPE_MISMATCH (-312)
/** Newer snapshots or their clones block the revert; the message names them. */
#define ZFSSA_E_REVERT_BLOCKED (-313)
/** The host, or the program that writes images, did not write the image. */
#define ZFSSA_E_TRANSFER (-320)

/** Nothing that could change the appliance was sent. */
#define ZFSSA_OUTCOME_NONE 0
/** The appliance refused and is as it was before. */
#define ZFSSA_OUTCOME_REJECTED 1
/** The change was made. */
#define ZFSSA_OUTCOME_APPLIED 2
/** A change was sent, its answer was lost, and reading back could not settle it. */
#define ZFSSA_OUTCOME_UNKNOWN 3
/** Steps were made and all of them were rolled back. */
#define ZFSSA_OUTCOME_ROLLED_BACK 4
/** Steps were made and some are left; the error names the objects. */
#define ZFSSA_OUTCOME_PARTIAL 5

/**
 * All that is known about an error. Owned by the error and valid as long as it is. Free of
 * secrets. More members may follow in later versions.
 */
typedef struct zfssa_error_info_t {
    /** Bytes that the library filled. */
    uint32_t size;
    /** What went wrong, by number. */
    zfssa_status_t status;
    /** Whether the appliance was changed. */
    zfssa_outcome_t outcome;
    /** 1 if the same call may succeed later without anybody changing anything, else 0. */
    uint32_t retryable;
    /** The HTTP status of the answer; 0 when there was none. */
    uint32_t http_status;
    /** How often the request that failed was sent; 0 when nothing was. */
    uint32_t attempts;
    /** How long the appliance asked to wait, in milliseconds; -1 when it did not. */
    int64_t retry_after_ms;
    /** Everything in one line: operation, resource, message, causes, what is left behind. */
    const char *text;
    /** What went wrong and what to do, in one sentence. */
    const char *message;
    /** The appliance's own name of the fault, such as ERR_OBJECT_EXISTS; NULL when it gave none. */
    const char *fault;
    /** The operation, such as create_volume; NULL when it was none. */
    const char *operation;
    /** The object that the operation was about; NULL when there is none. */
    const char *resource;
    /** Objects that this call made, could not undo, and left; see ZFSSA_OUTCOME_PARTIAL. */
    const char *const *left_behind;
    /** Underlying messages, outermost first. For ZFSSA_E_CONFIG: every problem, one each. */
    const char *const *causes;
    /** Elements of `left_behind`. */
    uint32_t left_behind_count;
    /** Elements of `causes`. */
    uint32_t causes_count;
} zfssa_error_info_t;

/**
 * The facts about an error; NULL for NULL and for an error that was freed.
 *
 * Does not block. Any thread. The facts belong to the error. Since 1.0.
 */
const zfssa_error_info_t *zfssa_error_info(const zfssa_error_t *error);

/**
 * The same facts as a JSON object, with `status_name` and `outcome_name` beside the numbers.
 * `length`, which may be NULL, gets its bytes without the NUL. NULL and 0 for NULL and for an
 * error that was freed.
 *
 * Does not block. Any thread. The text belongs to the error. Since 1.0.
 */
const char *zfssa_error_json(const zfssa_error_t *error, uint64_t *length);

/**
 * Frees an error. NULL is fine. An error that belongs to a result is left alone.
 *
 * Does not block. Any thread. Since 1.0.
 */
void zfssa_error_free(zfssa_error_t *error);

/**
 * A status by its name without the prefix, such as VOLUME_BUSY; OK for 0, and UNKNOWN for a
 * number that this library does not know. Never NULL.
 *
 * Does not block. Any thread. The text is static. Since 1.0.
 */
const char *zfssa_status_name(zfssa_status_t status);

/**
 * What a status means, in a sentence. Never NULL.
 *
 * Does not block. Any thread. The text is static. Since 1.0.
 */
const char *zfssa_status_description(zfssa_status_t status);

/**
 * 1 if the same call may succeed later without anybody changing anything, else 0.
 *
 * Does not block. Any thread. Since 1.0.
 */
uint32_t zfssa_status_retryable(zfssa_status_t status);

/**
 * An outcome by its name without the prefix, such as ROLLED_BACK; for a number that this
 * library does not know, INVALID. Never NULL.
 *
 * Does not block. Any thread. The text is static. Since 1.0.
 */
const char *zfssa_outcome_name(zfssa_outcome_t outcome);

/* ------------------------------------------------------------------------------ Configurations */

/**
 * Makes an empty configuration.
 *
 * `config`: free it with zfssa_config_free(); NULL on failure.
 *
 * Does not block. Any thread. Since 1.0.
 */
zfssa_status_t zfssa_config_new(zfssa_config_t **config, zfssa_error_t **err);

/**
 * Sets one option, by the name that zfssa_option_at() gives. The text is copied, into memory
 * that is wiped. `value`: NULL forgets what was set, so that the default holds.
 *
 * Does not block. Any thread. Since 1.0.
 */
zfssa_status_t zfssa_config_set(zfssa_config_t *config,
                                const char *name,
                                const char *value,
                                zfssa_error_t **err);

/**
 * Adds the options of a TOML file, from its top level (`section` NULL) or from the table
 * `section`, where dots lead into tables. A file that cannot be read is told by
 * zfssa_config_validate(), like any other problem.
 *
 * Reads a file. Any thread. Since 1.0.
 */
zfssa_status_t zfssa_config_load_toml(zfssa_config_t *config,
                                      const char *path,
                                      const char *section,
                                      zfssa_error_t **err);

/**
 * Adds the options of a section of a cinder.conf, read as Cinder reads it, and those of its
 * [backend_defaults] beneath. Options that are not ours are passed over. A file that cannot be
 * read is told by zfssa_config_validate(), like any other problem.
 *
 * Reads a file. Any thread. Since 1.0.
 */
zfssa_status_t zfssa_config_load_cinder_conf(zfssa_config_t *config,
                                             const char *path,
                                             const char *section,
                                             zfssa_error_t **err);

/**
 * As zfssa_config_load_toml(), from a text of up to ZFSSA_MAX_TEXT bytes.
 *
 * Does not block. Any thread. Since 1.0.
 */
zfssa_status_t zfssa_config_parse_toml(zfssa_config_t *config,
                                       const char *toml,
                                       const char *section,
                                       zfssa_error_t **err);

/**
 * As zfssa_config_load_cinder_conf(), from a text of up to ZFSSA_MAX_TEXT bytes.
 *
 * Does not block. Any thread. Since 1.0.
 */
zfssa_status_t zfssa_config_parse_cinder_conf(zfssa_config_t *config,
                                              const char *conf,
                                              const char *section,
                                              zfssa_error_t **err);

/**
 * Checks everything: ZFSSA_OK, or ZFSSA_E_CONFIG with every problem as a cause of the error.
 * Asks neither the network nor the files that options name.
 *
 * Does not block. Any thread. Since 1.0.
 */
zfssa_status_t zfssa_config_validate(const zfssa_config_t *config, zfssa_error_t **err);

/**
 * Frees a configuration and wipes its values. NULL is fine. Drivers made of it are not touched.
 *
 * Does not block. Any thread, callbacks included. Since 1.0.
 */
void zfssa_config_free(zfssa_config_t *config);

/* ------------------------------------------------------------------------------------- Options */

/** A configuration without it is refused. */
#define ZFSSA_OPTION_REQUIRED 1

/** Its value is never shown. */
#define ZFSSA_OPTION_SECRET 2

/** `min` and `max` hold. */
#define ZFSSA_OPTION_BOUNDED 4

/** Cinder itself registers the option for every driver. */
#define ZFSSA_ORIGIN_CINDER 0

/** Cinder's former driver had the option; name and default are kept. */
#define ZFSSA_ORIGIN_REFERENCE 1

/** The option is this library's own. */
#define ZFSSA_ORIGIN_LIBRARY 2

/** What an option is. Static. More members may follow in later versions. */
typedef struct zfssa_option_t {
    /** Bytes that the library filled. */
    uint32_t size;
    /** ZFSSA_OPTION_ flags. */
    uint32_t flags;
    /** The name, as in cinder.conf. */
    const char *name;
    /**
     * How the text is read: text, name, secret, integer, boolean, choice, block-size, list,
     * path, host, portals, initiator-names, initiator-config, fingerprints, ratio, url, destinations.
     */
    const char *kind;
    /** The default as text; NULL when there is none. */
    const char *default_value;
    /** What it does, in one paragraph. */
    const char *help;
    /** The unit of the number; NULL when there is none. */
    const char *unit;
    /** What to use in its place; NULL unless the option is deprecated. */
    const char *deprecated;
    /** The first version that knows it. */
    const char *since;
    /** The values allowed; NULL when there is no such list. */
    const char *const *choices;
    /** Elements of `choices`. */
    uint32_t choices_count;
    /** One of the ZFSSA_ORIGIN_ numbers. */
    uint32_t origin;
    /** The smallest number allowed, with ZFSSA_OPTION_BOUNDED. */
    int64_t min;
    /** The largest number allowed, with ZFSSA_OPTION_BOUNDED. */
    int64_t max;
} zfssa_option_t;

/**
 * How many options there are.
 *
 * Does not block. Any thread. Since 1.0.
 */
uint32_t zfssa_option_count(void);

/**
 * An option, in the order of the documentation; NULL at and beyond zfssa_option_count().
 *
 * Does not block. Any thread. The option is static. Since 1.0.
 */
const zfssa_option_t *zfssa_option_at(uint32_t index);

/* ------------------------------------------------------------------------------------- Drivers */

/** Close: let the operations in flight end by themselves. */
#define ZFSSA_CLOSE_DRAIN 0

/** Close: stop the operations in flight; they undo the steps they made. */
#define ZFSSA_CLOSE_CANCEL 1

/**
 * Makes a driver. Nothing is sent to the appliance. The configuration is copied and may be
 * freed at once. ZFSSA_E_CONFIG lists everything that is wrong with it.
 *
 * The first driver of a process starts the engine's threads, as many as its option
 * zfssa_worker_threads says; all drivers share them, and they end with the last one. The first
 * one with zfssa_state_dir, or with a host that is named by a name, starts those for files and
 * names. ZFSSA_E_LOCAL_IO: a thread could not be started; those that were have ended, or end.
 *
 * `driver`: free it with zfssa_driver_free(); NULL on failure.
 *
 * Does not block, but for reading the files that options name. Any thread. Since 1.0.
 */
zfssa_status_t zfssa_driver_new(const zfssa_config_t *config,
                                zfssa_driver_t **driver,
                                zfssa_error_t **err);

/**
 * Closes a driver: it takes no more operations (ZFSSA_E_CLOSED), those in flight end, and the
 * session on the appliance is logged out. Waits for that; when the time is over first,
 * ZFSSA_E_TIMED_OUT is returned, closing goes on, and this may be called again.
 *
 * `how`: ZFSSA_CLOSE_DRAIN or ZFSSA_CLOSE_CANCEL. `timeout_ms`: 0 does not wait, -1 waits
 * without a limit. The driver must still be freed.
 *
 * Blocks up to timeout_ms. Any thread; ZFSSA_E_WOULD_DEADLOCK inside a callback, unless
 * timeout_ms is 0. Since 1.0.
 */
zfssa_status_t zfssa_driver_close(zfssa_driver_t *driver,
                                  uint32_t how,
                                  int64_t timeout_ms,
                                  zfssa_error_t **err);

/**
 * Frees a driver. NULL is fine. Operations in flight are stopped as zfssa_driver_close() with
 * ZFSSA_CLOSE_CANCEL does, and complete in their places with ZFSSA_E_SHUTDOWN, or with their
 * own results where those are quicker. The rest happens on the thread zfssa-reap.
 *
 * Does not block. Any thread, callbacks included. Since 1.0.
 */
void zfssa_driver_free(zfssa_driver_t *driver);

/* ------------------------------------------------------------------------------------- Results */

/**
 * How the operation ended: ZFSSA_OK or an error's number. ZFSSA_E_INVALID_ARGUMENT for NULL
 * and for a result that was freed.
 *
 * Does not block. Any thread. Since 1.0.
 */
zfssa_status_t zfssa_result_status(const zfssa_result_t *result);

/**
 * The error of an operation that failed; NULL for one that did not.
 *
 * Does not block. Any thread. The error belongs to the result: do not free it. Since 1.0.
 */
const zfssa_error_t *zfssa_result_error(const zfssa_result_t *result);

/**
 * The operation's name, such as create_volume; NULL for a bad handle.
 *
 * Does not block. Any thread. The text belongs to the result. Since 1.0.
 */
const char *zfssa_result_operation(const zfssa_result_t *result);

/**
 * The ticket of the operation; 0 for a bad handle.
 *
 * Does not block. Any thread. Since 1.0.
 */
zfssa_ticket_t zfssa_result_ticket(const zfssa_result_t *result);

/**
 * What the host gave as `user_data` at submission; 0 for a bad handle.
 *
 * Does not block. Any thread. Since 1.0.
 */
uint64_t zfssa_result_user_data(const zfssa_result_t *result);

/**
 * How many requests the operation sent to the appliance, those for undoing included.
 *
 * Does not block. Any thread. Since 1.0.
 */
uint32_t zfssa_result_requests(const zfssa_result_t *result);

/**
 * Microseconds from submission to completion.
 *
 * Does not block. Any thread. Since 1.0.
 */
uint64_t zfssa_result_elapsed_us(const zfssa_result_t *result);

/**
 * The output as JSON; for a failure, the error as zfssa_error_json() gives it. Secrets print as
 * "***". `length`, which may be NULL, gets the bytes without the NUL. NULL for a bad handle.
 *
 * Does not block. Any thread. The text belongs to the result. Since 1.0.
 */
const char *zfssa_result_json(const zfssa_result_t *result, uint64_t *length);

/**
 * Frees a result with everything that belongs to it; secrets in it are wiped. NULL is fine.
 *
 * Does not block. Any thread, callbacks included. Since 1.0.
 */
void zfssa_result_free(zfssa_result_t *result);

/* ------------------------------------------------------------------------------------- Tickets */

/**
 * Waits until an operation completes and takes its result, which says how it went: a failed
 * operation is a successful wait. The first taker wins; a second one gets ZFSSA_E_STALE.
 *
 * When the time is over first, ZFSSA_E_TIMED_OUT is returned, the operation goes on, and the
 * ticket stays good. Only for operations that were submitted without a queue and without a
 * callback.
 *
 * `timeout_ms`: 0 only looks, -1 waits without a limit. `result`: free it with
 * zfssa_result_free(); NULL on failure.
 *
 * Blocks up to timeout_ms. Any thread; ZFSSA_E_WOULD_DEADLOCK inside a callback, unless
 * timeout_ms is 0. Since 1.0.
 */
zfssa_status_t zfssa_wait(zfssa_ticket_t ticket,
                          int64_t timeout_ms,
                          zfssa_result_t **result,
                          zfssa_error_t **err);

/**
 * Asks an operation to stop. It undoes the steps it made and then completes, in its place and
 * once, like any other: with ZFSSA_E_CANCELLED, or with its own result if that was quicker.
 *
 * May be repeated, and does nothing to an operation that completed already. ZFSSA_E_STALE only
 * for a number that is no ticket.
 *
 * Does not block. Any thread. Since 1.0.
 */
zfssa_status_t zfssa_cancel(zfssa_ticket_t ticket, zfssa_error_t **err);

/**
 * Gives up an operation's result: the operation goes on, nobody need wait for it, and its
 * result is thrown away. Only for operations that were submitted without a queue and without a
 * callback. It can still be cancelled.
 *
 * Does not block. Any thread. Since 1.0.
 */
zfssa_status_t zfssa_detach(zfssa_ticket_t ticket, zfssa_error_t **err);

/* -------------------------------------------------------------------------------------- Queues */

/**
 * An operation completed: `ticket`, `user_data` and `result` are set. The result is yours. It is
 * the operation's last event.
 */
#define ZFSSA_EV_COMPLETION 1

/** Somebody called zfssa_queue_wake(). */
#define ZFSSA_EV_WAKE 2

/**
 * An operation that was called with ZFSSA_CALL_PROGRESS got further: `ticket`, `user_data` and
 * `result` are set. zfssa_result_progress() says how far. The result is yours. A later one
 * replaces one that nobody took yet, so not each step is seen.
 */
#define ZFSSA_EV_PROGRESS 3

/**
 * A zfssa_clone_image() without a function and without a file asks for its image: `ticket`,
 * `user_data` and `result` are set. zfssa_result_connection() says where to write, and
 * zfssa_transfer_finish() ends it. The result is yours. Whoever takes the event answers for it:
 * the operation waits until its time is over.
 */
#define ZFSSA_EV_TRANSFER 4

/**
 * Something that happened. Skip kinds that you do not know; more may follow, and so may
 * members.
 */
typedef struct zfssa_event_t {
    /** One of the ZFSSA_EV_ numbers. */
    uint32_t kind;
    /** 0 in this version. */
    uint32_t flags;
    /** The operation's ticket, no longer needed after its completion; else 0. */
    zfssa_ticket_t ticket;
    /** What the host gave at submission; else 0. */
    uint64_t user_data;
    /**
     * How the operation ended, or how it stands; else NULL. Free it with zfssa_result_free(),
     * whatever the kind.
     */
    zfssa_result_t *result;
} zfssa_event_t;

/**
 * Makes a queue. It is independent of any driver and outlives them if need be.
 *
 * `queue`: free it with zfssa_queue_free(); NULL on failure.
 *
 * Does not block. Any thread. Since 1.0.
 */
zfssa_status_t zfssa_queue_new(zfssa_queue_t **queue, zfssa_error_t **err);

/**
 * Takes events in the order in which they came. Several threads may take from one queue.
 *
 * `events`: an array of `max` events of `event_size` bytes each, which is
 * sizeof(zfssa_event_t). `count`: how many were taken. ZFSSA_OK with a count of 0 means that
 * the time was over; ZFSSA_E_CLOSED, that the queue was freed meanwhile.
 *
 * `timeout_ms`: 0 only looks, -1 waits without a limit.
 *
 * Blocks up to timeout_ms. Any thread; ZFSSA_E_WOULD_DEADLOCK inside a callback, unless
 * timeout_ms is 0. Since 1.0.
 */
zfssa_status_t zfssa_queue_next(zfssa_queue_t *queue,
                                zfssa_event_t *events,
                                uint32_t event_size,
                                uint32_t max,
                                int64_t timeout_ms,
                                uint32_t *count,
                                zfssa_error_t **err);

/**
 * A file descriptor for poll(), epoll or kqueue-like loops: readable if and only if the queue
 * is not empty. Only poll it: do not read, write or close it, and do not touch it in the child
 * of a fork, which would share it with the parent. It is an eventfd, non-blocking and closed
 * by exec, made at the first call, and gone with the queue. In an edge-triggered loop, take
 * events until a call returns fewer than `max`.
 *
 * `fd`: -1 on failure.
 *
 * Does not block. Any thread. Since 1.0.
 */
zfssa_status_t zfssa_queue_fd(zfssa_queue_t *queue, int32_t *fd, zfssa_error_t **err);

/**
 * Puts an event ZFSSA_EV_WAKE on the queue, to make whoever waits look up. While one is there
 * that nobody took, another does nothing.
 *
 * Does not block. Any thread. Since 1.0.
 */
zfssa_status_t zfssa_queue_wake(zfssa_queue_t *queue, zfssa_error_t **err);

/**
 * Frees a queue, the events that nobody took, and their results. NULL is fine. Operations that
 * would complete on it go on, and their results are thrown away. A thread that waits in
 * zfssa_queue_next() gets ZFSSA_E_CLOSED.
 *
 * Does not block. Any thread, callbacks included. Since 1.0.
 */
void zfssa_queue_free(zfssa_queue_t *queue);

/* ------------------------------------------------------------------------------------ Progress */

/** How far an operation is. More members may follow in later versions. */
typedef struct zfssa_progress_t {
    /** Bytes that the library filled. */
    uint32_t size;
    /** 0. */
    uint32_t reserved;
    /** The step that the operation is at, such as transfer. New ones may come in any version. */
    const char *step;
    /** How much of the step is done, in parts of `total`. */
    uint64_t done;
    /** What `done` will be at the step's end; 0 while that is not known. */
    uint64_t total;
} zfssa_progress_t;

/**
 * How far an operation is, from the result of an event ZFSSA_EV_PROGRESS; NULL for any other.
 *
 * Does not block. Any thread. The view belongs to the result. Since 1.0.
 */
const zfssa_progress_t *zfssa_result_progress(const zfssa_result_t *result);

/* --------------------------------------------------------------------------------------- Calls */

/** The queue gets events ZFSSA_EV_PROGRESS before the completion. Only together with a queue. */
#define ZFSSA_CALL_PROGRESS 1

/**
 * A function of the host's that is told of a completion, or asked for a transfer. The result is
 * the host's, to be freed with zfssa_result_free(). It runs on the thread zfssa-cb, one at a
 * time; it may call everything but functions that block, and must neither throw nor longjmp.
 */
typedef void (*zfssa_callback_t)(void *context, zfssa_result_t *result);

/**
 * A function of the host's that gives up a context, called once, when the library is done with
 * it, on the thread zfssa-cb.
 */
typedef void (*zfssa_drop_t)(void *context);

/**
 * How an operation is called. All zero but `size`, or NULL in its place: the configured time
 * limit, and a ticket to wait for.
 */
typedef struct zfssa_call_t {
    /** sizeof(zfssa_call_t). */
    uint32_t size;
    /** 0 or ZFSSA_CALL_PROGRESS. */
    uint32_t flags;
    /**
     * The time for the whole operation: login, every retry, every poll. In milliseconds; 0 for
     * the option zfssa_operation_timeout, -1 for no limit. Undoing steps after it has a time
     * of its own, zfssa_undo_timeout.
     */
    int64_t timeout_ms;
    /** Where the completion goes; NULL with no callback: it is kept for zfssa_wait(). */
    zfssa_queue_t *queue;
    /** Handed back with the completion; never looked at. */
    uint64_t user_data;
    /** Is told of the completion. Not together with a queue. */
    zfssa_callback_t callback;
    /** For the callback and the drop function; never looked at. */
    void *context;
    /**
     * Called with `context` after the callback returned. Never called when the submission was
     * refused. Only together with a callback.
     */
    zfssa_drop_t drop;
    /**
     * The operation's id, written on what it creates, up to 128 bytes. When the same call is
     * made again, even by another process, it knows its own work by it. NULL: a new UUID.
     */
    const char *operation_id;
} zfssa_call_t;

/* ----------------------------------------------------------------------------------- Transfers */

/**
 * The host's word on a transfer that it was asked for by an event ZFSSA_EV_TRANSFER or by its
 * function: each takes one.
 *
 * `ticket`: the operation's. `status`: ZFSSA_OK when every byte of the image is on the LUN and
 * the host has let go of it; otherwise any ZFSSA_E_ number, the operation undoes its steps and
 * fails with ZFSSA_E_TRANSFER. `message`: why it failed, for the operation's error; may be NULL.
 * It should hold no secret.
 *
 * ZFSSA_E_STALE when the operation waits for no word: a second one, one before it asked, or one
 * after the operation was cancelled, ran out of time or completed. Then the LUN is gone or
 * about to go, and nothing that was written on it counts.
 *
 * Does not block. Any thread, callbacks included. Since 1.0.
 */
zfssa_status_t zfssa_transfer_finish(zfssa_ticket_t ticket,
                                     zfssa_status_t status,
                                     const char *message,
                                     zfssa_error_t **err);

/* ---------------------------------------------------------------------------------------- Logs */

/** Log nothing. */
#define ZFSSA_LOG_OFF 0

/** What failed. */
#define ZFSSA_LOG_ERROR 1

/** What works and should be looked at. */
#define ZFSSA_LOG_WARN 2

/** What the driver does: one record or a few for each operation. */
#define ZFSSA_LOG_INFO 3

/** Each request. */
#define ZFSSA_LOG_DEBUG 4

/** Everything. */
#define ZFSSA_LOG_TRACE 5

/**
 * A record of the log. It and what it points to are valid until the log function returns. Free
 * of secrets. More members may follow in later versions.
 */
typedef struct zfssa_log_record_t {
    /** Bytes that the library filled. */
    uint32_t size;
    /** One of the ZFSSA_LOG_ numbers. */
    uint32_t level;
    /** Nanoseconds since 1970-01-01 00:00 UTC. */
    int64_t time_ns;
    /** How many records were lost just before this one, because the log function was slow. */
    uint64_t lost;
    /** The part of the library, such as zfssa::rest. */
    const char *target;
    /** One sentence. */
    const char *message;
    /** A JSON object with the record's data; "{}" when there is none. */
    const char *fields;
    /** The operation, such as create_volume; NULL when the record belongs to none. */
    const char *operation;
    /** The object of the operation; NULL when there is none. */
    const char *resource;
    /** The operation's id; NULL when the record belongs to none. */
    const char *operation_id;
} zfssa_log_record_t;

/**
 * A function of the host's that takes the log. It runs on the thread zfssa-cb, one at a time;
 * it may call everything but functions that block, and must neither throw nor longjmp.
 */
typedef void (*zfssa_log_t)(void *context, const zfssa_log_record_t *record);

/**
 * Sets the log function of a driver, in place of the one before. When this returns, the one
 * before is not running and will not be called again, and its drop function was called; called
 * from within that very function, both hold from the moment when it returns. Nothing is logged
 * until a function is set.
 *
 * Records wait for the function in a queue of 1,024; more are lost and counted. After the
 * driver was freed, the rest is still told, then the drop function is called.
 *
 * `level`: one of the ZFSSA_LOG_ numbers. `function`: NULL logs nothing. `drop`: may be NULL;
 * is
 * not called when this fails.
 *
 * Blocks while the function before is running. Any thread, callbacks included. Since 1.0.
 */
zfssa_status_t zfssa_driver_set_log(zfssa_driver_t *driver,
                                    uint32_t level,
                                    zfssa_log_t function,
                                    void *context,
                                    zfssa_drop_t drop,
                                    zfssa_error_t **err);

/* ---------------------------------------------------------------------------- Operations: echo */

/** What zfssa_echo() takes. `args` may be NULL. */
typedef struct zfssa_echo_args_t {
    /** sizeof(zfssa_echo_args_t). */
    uint32_t size;
    /** 0: there are none in this version. */
    uint32_t flags;
    /** Comes back as it is: any UTF-8 of up to ZFSSA_MAX_TEXT bytes. NULL: empty. */
    const char *message;
    /** How long the operation takes, in milliseconds. */
    uint64_t delay_ms;
    /** The status to fail with; 0 to succeed. */
    zfssa_status_t fail_with;
    /** 0. */
    uint32_t reserved;
} zfssa_echo_args_t;

/** What was echoed. More members may follow in later versions. */
typedef struct zfssa_echoed_t {
    /** Bytes that the library filled. */
    uint32_t size;
    /** 0. */
    uint32_t reserved;
    /** The message. */
    const char *message;
} zfssa_echoed_t;

/**
 * Waits, then answers with what it was given. Touches no appliance: for tests of hosts and
 * bindings.
 *
 * Does not block. Any thread. Result: zfssa_result_echo(). Since 1.0.
 */
zfssa_status_t zfssa_echo(zfssa_driver_t *driver,
                          const zfssa_echo_args_t *args,
                          const zfssa_call_t *call,
                          zfssa_ticket_t *ticket,
                          zfssa_error_t **err);

/**
 * The output of zfssa_echo(); NULL for any other result and for a failure.
 *
 * Does not block. Any thread. The view belongs to the result. Since 1.0.
 */
const zfssa_echoed_t *zfssa_result_echo(const zfssa_result_t *result);

/* --------------------------------------------------------------------------- Operations: setup */

/** What zfssa_do_setup() takes. `args` may be NULL. */
typedef struct zfssa_do_setup_args_t {
    /** sizeof(zfssa_do_setup_args_t). */
    uint32_t size;
    /** 0: there are none in this version. */
    uint32_t flags;
} zfssa_do_setup_args_t;

/** What zfssa_check_for_setup_error() takes. `args` may be NULL. */
typedef struct zfssa_check_for_setup_error_args_t {
    /** sizeof(zfssa_check_for_setup_error_args_t). */
    uint32_t size;
    /** 0: there are none in this version. */
    uint32_t flags;
} zfssa_check_for_setup_error_args_t;

/** What zfssa_get_certificate() takes. `args` may be NULL. */
typedef struct zfssa_get_certificate_args_t {
    /** sizeof(zfssa_get_certificate_args_t). */
    uint32_t size;
    /** 0: there are none in this version. */
    uint32_t flags;
} zfssa_get_certificate_args_t;

/** What the setup found and did. More members may follow in later versions. */
typedef struct zfssa_setup_report_t {
    /** Bytes that the library filled. */
    uint32_t size;
    /** Elements of `target_portals`. */
    uint32_t target_portals_count;
    /** Elements of `changes`. */
    uint32_t changes_count;
    /** Elements of `warnings`. */
    uint32_t warnings_count;
    /** The node name of the appliance. */
    const char *appliance;
    /** The version of its software. */
    const char *software_version;
    /** The iSCSI name of the target that presents the volumes. */
    const char *target_iqn;
    /** The portals, address:port. */
    const char *const *target_portals;
    /** What was made or changed, one sentence each; none when all was ready. */
    const char *const *changes;
    /** What works and should be looked at, one sentence each. */
    const char *const *warnings;
} zfssa_setup_report_t;

/** What a check found that does not stop the backend. More members may follow in later versions. */
typedef struct zfssa_check_report_t {
    /** Bytes that the library filled. */
    uint32_t size;
    /** Elements of `warnings`. */
    uint32_t warnings_count;
    /** One sentence each. */
    const char *const *warnings;
} zfssa_check_report_t;

/** The certificate that the appliance showed. More members may follow in later versions. */
typedef struct zfssa_certificate_t {
    /** Bytes that the library filled. */
    uint32_t size;
    /** 0. */
    uint32_t reserved;
    /**
     * SHA-256 of the certificate, pairs of upper-case hexadecimal digits with colons: the form
     * that the option zfssa_tls_pins takes and "openssl x509 -fingerprint -sha256" prints.
     */
    const char *sha256;
    /** The certificate in PEM. */
    const char *pem;
} zfssa_certificate_t;

/**
 * Makes what the backend needs and does not find: projects, custom properties, initiators,
 * initiator groups, the target and its group. What exists is kept and added to, never replaced.
 *
 * Nothing is undone when a part fails: the error names what was made or changed by then (outcome
 * ZFSSA_OUTCOME_PARTIAL, or ZFSSA_OUTCOME_UNKNOWN where a change is in doubt), and the same call
 * again goes on from there. CHAP secrets cannot be read, so each call sets them.
 *
 * Does not block. Any thread. Result: zfssa_result_setup_report(). Since 1.0.
 */
zfssa_status_t zfssa_do_setup(zfssa_driver_t *driver,
                              const zfssa_do_setup_args_t *args,
                              const zfssa_call_t *call,
                              zfssa_ticket_t *ticket,
                              zfssa_error_t **err);

/**
 * Checks everything that an operation will need. The message of ZFSSA_E_SETUP_INCOMPLETE lists
 * every finding, and so does that of any other error, as far as it could be looked at.
 *
 * A portal that this host cannot reach within 3 seconds, and an interface on which the target does
 * not listen, are warnings: hosts may reach the target all the same.
 *
 * Does not block. Any thread. Result: zfssa_result_check_report(). Since 1.0.
 */
zfssa_status_t zfssa_check_for_setup_error(zfssa_driver_t *driver,
                                           const zfssa_check_for_setup_error_args_t *args,
                                           const zfssa_call_t *call,
                                           zfssa_ticket_t *ticket,
                                           zfssa_error_t **err);

/**
 * Fetches the certificate of the appliance without trusting it or logging in, so that an
 * operator can compare and pin it.
 *
 * Does not block. Any thread. Result: zfssa_result_certificate(). Since 1.0.
 */
zfssa_status_t zfssa_get_certificate(zfssa_driver_t *driver,
                                     const zfssa_get_certificate_args_t *args,
                                     const zfssa_call_t *call,
                                     zfssa_ticket_t *ticket,
                                     zfssa_error_t **err);

/**
 * The output of zfssa_do_setup(); NULL for any other result and for a failure.
 *
 * Does not block. Any thread. The view belongs to the result. Since 1.0.
 */
const zfssa_setup_report_t *zfssa_result_setup_report(const zfssa_result_t *result);

/**
 * The output of zfssa_check_for_setup_error(); NULL for any other result and for a failure.
 *
 * Does not block. Any thread. The view belongs to the result. Since 1.0.
 */
const zfssa_check_report_t *zfssa_result_check_report(const zfssa_result_t *result);

/**
 * The output of zfssa_get_certificate(); NULL for any other result and for a failure.
 *
 * Does not block. Any thread. The view belongs to the result. Since 1.0.
 */
const zfssa_certificate_t *zfssa_result_certificate(const zfssa_result_t *result);

/* ------------------------------------------------------------------------------------- Volumes */

/** Where a clone came from. More members may follow in later versions. */
typedef struct zfssa_origin_t {
    /** Bytes that the library filled. */
    uint32_t size;
    /** 0. */
    uint32_t reserved;
    /** The project of the source. */
    const char *project;
    /** The source volume. */
    const char *volume;
    /** The snapshot of the source. */
    const char *snapshot;
} zfssa_origin_t;

/** A volume as the appliance shows it. More members may follow in later versions. */
typedef struct zfssa_volume_t {
    /** Bytes that the library filled. */
    uint32_t size;
    /** Bytes in a block. */
    uint32_t block_size_bytes;
    /** 1 when it is thin provisioned, else 0. */
    uint32_t sparse;
    /** The property cinder_managed: 1 or 0; -1 when it is not set. */
    int32_t managed;
    /** 1 when this very call made it; 0 when an earlier one did, and for look-ups. */
    uint32_t created;
    /** Elements of `initiator_groups`. */
    uint32_t initiator_groups_count;
    /** Size in bytes. */
    uint64_t size_bytes;
    /** Bytes of data that the volume holds now, snapshots excluded. */
    uint64_t used_bytes;
    /** The LUN's name. */
    const char *name;
    /** The pool it is in. */
    const char *pool;
    /** The project it is in. */
    const char *project;
    /** The LUN's globally unique id, 32 hexadecimal digits. */
    const char *guid;
    /** Compression, in the appliance's words. */
    const char *compression;
    /** What synchronous writes are tuned for: latency or throughput. */
    const char *logbias;
    /** The target group through which it is presented. */
    const char *target_group;
    /** When it was made, UTC, in the appliance's form. */
    const char *created_at;
    /** The initiator groups to which it is presented; none when to nobody. */
    const char *const *initiator_groups;
    /** What it was cloned from; NULL when it is no clone. */
    const zfssa_origin_t *origin;
} zfssa_volume_t;

/** The volumes found. More members may follow in later versions. */
typedef struct zfssa_volumes_t {
    /** Bytes that the library filled. */
    uint32_t size;
    /** How many there are. */
    uint32_t count;
    /** Pointers to them, in the order of their names; NULL when there are none. */
    const zfssa_volume_t *const *volumes;
} zfssa_volumes_t;

/**
 * What became of a volume or snapshot that should be gone. More members may follow in later
 * versions.
 */
typedef struct zfssa_deleted_t {
    /** Bytes that the library filled. */
    uint32_t size;
    /** 1 when it existed before the call, else 0. */
    uint32_t existed;
} zfssa_deleted_t;

/**
 * The volume of a result that is about one; NULL for any other result and for a failure.
 *
 * Does not block. Any thread. The view belongs to the result. Since 1.0.
 */
const zfssa_volume_t *zfssa_result_volume(const zfssa_result_t *result);

/**
 * The output of zfssa_list_volumes(); NULL for any other result and for a failure.
 *
 * Does not block. Any thread. The view belongs to the result. Since 1.0.
 */
const zfssa_volumes_t *zfssa_result_volumes(const zfssa_result_t *result);

/**
 * The output of zfssa_delete_volume() and zfssa_delete_snapshot(); NULL for any other result
 * and
 * for a failure.
 *
 * Does not block. Any thread. The view belongs to the result. Since 1.0.
 */
const zfssa_deleted_t *zfssa_result_deleted(const zfssa_result_t *result);

/* ------------------------------------------------------------------------- Operations: volumes */

/** What zfssa_create_volume() takes. */
typedef struct zfssa_create_volume_args_t {
    /** sizeof(zfssa_create_volume_args_t). */
    uint32_t size;
    /** 0: there are none in this version. */
    uint32_t flags;
    /** The LUN's name, such as volume-<uuid>; required. */
    const char *name;
    /** The size in GiB, at least 1. */
    uint64_t size_gib;
    /**
     * The extra specs of the volume type. Keys zfssa:* override the backend's defaults; keys of
     * other scopes are passed over. NULL: none.
     */
    const zfssa_pair_t *extra_specs;
    /** Elements of `extra_specs`. */
    uint32_t extra_specs_count;
    /** 0. */
    uint32_t reserved;
} zfssa_create_volume_args_t;

/** What zfssa_delete_volume() takes. */
typedef struct zfssa_delete_volume_args_t {
    /** sizeof(zfssa_delete_volume_args_t). */
    uint32_t size;
    /** 0: there are none in this version. */
    uint32_t flags;
    /** The LUN's name, such as volume-<uuid>; required. */
    const char *name;
} zfssa_delete_volume_args_t;

/** What zfssa_extend_volume() takes. */
typedef struct zfssa_extend_volume_args_t {
    /** sizeof(zfssa_extend_volume_args_t). */
    uint32_t size;
    /** 0: there are none in this version. */
    uint32_t flags;
    /** The LUN's name, such as volume-<uuid>; required. */
    const char *name;
    /** The new size in GiB. */
    uint64_t size_gib;
} zfssa_extend_volume_args_t;

/** What zfssa_get_volume() takes. */
typedef struct zfssa_get_volume_args_t {
    /** sizeof(zfssa_get_volume_args_t). */
    uint32_t size;
    /** 0: there are none in this version. */
    uint32_t flags;
    /** The LUN's name, such as volume-<uuid>; required. */
    const char *name;
} zfssa_get_volume_args_t;

/** What zfssa_list_volumes() takes. `args` may be NULL. */
typedef struct zfssa_list_volumes_args_t {
    /** sizeof(zfssa_list_volumes_args_t). */
    uint32_t size;
    /** 0: there are none in this version. */
    uint32_t flags;
    /** Only names that begin so; NULL for all. */
    const char *prefix;
} zfssa_list_volumes_args_t;

/**
 * Creates a volume: a LUN presented to nobody.
 *
 * May be repeated: a volume of this name, size and kind is answered with `created` 0; one that
 * differs is ZFSSA_E_VOLUME_EXISTS.
 *
 * Does not block. Any thread. Result: zfssa_result_volume(). Since 1.0.
 */
zfssa_status_t zfssa_create_volume(zfssa_driver_t *driver,
                                   const zfssa_create_volume_args_t *args,
                                   const zfssa_call_t *call,
                                   zfssa_ticket_t *ticket,
                                   zfssa_error_t **err);

/**
 * Deletes a volume. One that does not exist is deleted already. One with snapshots or clones is
 * ZFSSA_E_VOLUME_BUSY and stays untouched: nothing is left to a cascade. Snapshots that the
 * appliance made for itself, by a schedule or for replication, go with the volume. The temporary
 * snapshot that a clone came from goes with the clone; where a deletion was cut off between the
 * two and journals are not kept, deleting the volume once more deletes the snapshot.
 *
 * Does not block. Any thread. Result: zfssa_result_deleted(). Since 1.0.
 */
zfssa_status_t zfssa_delete_volume(zfssa_driver_t *driver,
                                   const zfssa_delete_volume_args_t *args,
                                   const zfssa_call_t *call,
                                   zfssa_ticket_t *ticket,
                                   zfssa_error_t **err);

/**
 * Grows a volume. One that is as large or larger already is left as it is: volumes never
 * shrink.
 *
 * Does not block. Any thread. Result: zfssa_result_volume(). Since 1.0.
 */
zfssa_status_t zfssa_extend_volume(zfssa_driver_t *driver,
                                   const zfssa_extend_volume_args_t *args,
                                   const zfssa_call_t *call,
                                   zfssa_ticket_t *ticket,
                                   zfssa_error_t **err);

/**
 * Looks one volume up.
 *
 * Does not block. Any thread. Result: zfssa_result_volume(). Since 1.0.
 */
zfssa_status_t zfssa_get_volume(zfssa_driver_t *driver,
                                const zfssa_get_volume_args_t *args,
                                const zfssa_call_t *call,
                                zfssa_ticket_t *ticket,
                                zfssa_error_t **err);

/**
 * Lists the volumes of the backend's project.
 *
 * Does not block. Any thread. Result: zfssa_result_volumes(). Since 1.0.
 */
zfssa_status_t zfssa_list_volumes(zfssa_driver_t *driver,
                                  const zfssa_list_volumes_args_t *args,
                                  const zfssa_call_t *call,
                                  zfssa_ticket_t *ticket,
                                  zfssa_error_t **err);

/* ----------------------------------------------------------------------- Operations: snapshots */

/** What zfssa_create_snapshot() takes. */
typedef struct zfssa_create_snapshot_args_t {
    /** sizeof(zfssa_create_snapshot_args_t). */
    uint32_t size;
    /** 0: there are none in this version. */
    uint32_t flags;
    /** The LUN's name; required. */
    const char *volume;
    /** The snapshot's name, such as snapshot-<uuid>; required. */
    const char *name;
} zfssa_create_snapshot_args_t;

/** What zfssa_delete_snapshot() takes. */
typedef struct zfssa_delete_snapshot_args_t {
    /** sizeof(zfssa_delete_snapshot_args_t). */
    uint32_t size;
    /** 0: there are none in this version. */
    uint32_t flags;
    /** The LUN's name; required. */
    const char *volume;
    /** The snapshot's name, such as snapshot-<uuid>; required. */
    const char *name;
} zfssa_delete_snapshot_args_t;

/** What zfssa_list_snapshots() takes. `args` may be NULL. */
typedef struct zfssa_list_snapshots_args_t {
    /** sizeof(zfssa_list_snapshots_args_t). */
    uint32_t size;
    /** 0: there are none in this version. */
    uint32_t flags;
    /** The LUN's name; NULL: every volume of the backend's project. */
    const char *volume;
} zfssa_list_snapshots_args_t;

/** A snapshot as the appliance shows it. More members may follow in later versions. */
typedef struct zfssa_snapshot_t {
    /** Bytes that the library filled. */
    uint32_t size;
    /** 1 when this very call took it, else 0. */
    uint32_t created;
    /** How many clones the appliance counts; the count may lag behind deletions. */
    uint64_t clones;
    /** Bytes that this snapshot alone holds. */
    uint64_t unique_bytes;
    /** The snapshot's name. */
    const char *name;
    /** The volume it was taken of. */
    const char *volume;
    /** The pool it is in. */
    const char *pool;
    /** The project it is in. */
    const char *project;
    /** When it was taken, UTC, in the appliance's form. */
    const char *created_at;
} zfssa_snapshot_t;

/** The snapshots found. More members may follow in later versions. */
typedef struct zfssa_snapshots_t {
    /** Bytes that the library filled. */
    uint32_t size;
    /** How many there are. */
    uint32_t count;
    /** Pointers to them, in the order in which they were taken; NULL when there are none. */
    const zfssa_snapshot_t *const *snapshots;
} zfssa_snapshots_t;

/**
 * Takes a snapshot of a volume.
 *
 * May be repeated: a snapshot of this name on this volume is answered with `created` 0.
 *
 * Does not block. Any thread. Result: zfssa_result_snapshot(). Since 1.0.
 */
zfssa_status_t zfssa_create_snapshot(zfssa_driver_t *driver,
                                     const zfssa_create_snapshot_args_t *args,
                                     const zfssa_call_t *call,
                                     zfssa_ticket_t *ticket,
                                     zfssa_error_t **err);

/**
 * Deletes a snapshot. One that does not exist is deleted already. One with clones is
 * ZFSSA_E_SNAPSHOT_BUSY and stays untouched.
 *
 * Does not block. Any thread. Result: zfssa_result_deleted(). Since 1.0.
 */
zfssa_status_t zfssa_delete_snapshot(zfssa_driver_t *driver,
                                     const zfssa_delete_snapshot_args_t *args,
                                     const zfssa_call_t *call,
                                     zfssa_ticket_t *ticket,
                                     zfssa_error_t **err);

/**
 * Lists the snapshots of one volume, or with one request those of all.
 *
 * Does not block. Any thread. Result: zfssa_result_snapshots(). Since 1.0.
 */
zfssa_status_t zfssa_list_snapshots(zfssa_driver_t *driver,
                                    const zfssa_list_snapshots_args_t *args,
                                    const zfssa_call_t *call,
                                    zfssa_ticket_t *ticket,
                                    zfssa_error_t **err);

/**
 * The output of zfssa_create_snapshot(); NULL for any other result and for a failure.
 *
 * Does not block. Any thread. The view belongs to the result. Since 1.0.
 */
const zfssa_snapshot_t *zfssa_result_snapshot(const zfssa_result_t *result);

/**
 * The output of zfssa_list_snapshots(); NULL for any other result and for a failure.
 *
 * Does not block. Any thread. The view belongs to the result. Since 1.0.
 */
const zfssa_snapshots_t *zfssa_result_snapshots(const zfssa_result_t *result);

/* -------------------------------------------------------------------------- Operations: clones */

/** What zfssa_create_volume_from_snapshot() takes. */
typedef struct zfssa_create_volume_from_snapshot_args_t {
    /** sizeof(zfssa_create_volume_from_snapshot_args_t). */
    uint32_t size;
    /** 0: there are none in this version. */
    uint32_t flags;
    /** The new LUN's name; required. */
    const char *name;
    /** GiB, at least the size of the snapshot. */
    uint64_t size_gib;
    /** The volume of the snapshot; required. */
    const char *source_volume;
    /** The snapshot's name; required. */
    const char *snapshot;
    /**
     * The extra specs of the volume type. Keys zfssa:* override the backend's defaults; keys of
     * other scopes are passed over. NULL: none. The block size of a clone is its
     * source's and cannot be chosen.
     */
    const zfssa_pair_t *extra_specs;
    /** Elements of `extra_specs`. */
    uint32_t extra_specs_count;
    /** 0. */
    uint32_t reserved;
} zfssa_create_volume_from_snapshot_args_t;

/** What zfssa_create_cloned_volume() takes. */
typedef struct zfssa_create_cloned_volume_args_t {
    /** sizeof(zfssa_create_cloned_volume_args_t). */
    uint32_t size;
    /** 0: there are none in this version. */
    uint32_t flags;
    /** The new LUN's name; required. */
    const char *name;
    /**
     * The new volume's Cinder id, which names the temporary snapshot tmp-snapshot-<id>. NULL:
     * taken
     * from the name, without the prefix volume-.
     */
    const char *id;
    /** GiB, at least the size of the source. */
    uint64_t size_gib;
    /** The source LUN's name; required. */
    const char *source_volume;
    /**
     * The extra specs of the volume type. Keys zfssa:* override the backend's defaults; keys of
     * other scopes are passed over. NULL: none.
     */
    const zfssa_pair_t *extra_specs;
    /** Elements of `extra_specs`. */
    uint32_t extra_specs_count;
    /** 0. */
    uint32_t reserved;
} zfssa_create_cloned_volume_args_t;

/**
 * Makes a volume from a snapshot, grown to its size where that is larger.
 *
 * Does not block. Any thread. Result: zfssa_result_volume(). Since 1.0.
 */
zfssa_status_t zfssa_create_volume_from_snapshot(
    zfssa_driver_t *driver,
    const zfssa_create_volume_from_snapshot_args_t *args,
    const zfssa_call_t *call,
    zfssa_ticket_t *ticket,
    zfssa_error_t **err);

/**
 * Makes a volume from another volume, by way of a temporary snapshot that lives as long as the
 * new
 * volume does.
 *
 * Does not block. Any thread. Result: zfssa_result_volume(). Since 1.0.
 */
zfssa_status_t zfssa_create_cloned_volume(zfssa_driver_t *driver,
                                          const zfssa_create_cloned_volume_args_t *args,
                                          const zfssa_call_t *call,
                                          zfssa_ticket_t *ticket,
                                          zfssa_error_t **err);

/* --------------------------------------------------------------------- Operations: connections */

/** `still_attached` is the whole list, be it empty. */
#define ZFSSA_TERMINATE_STILL_ATTACHED 1

/** What zfssa_initialize_connection() takes. */
typedef struct zfssa_initialize_connection_args_t {
    /** sizeof(zfssa_initialize_connection_args_t). */
    uint32_t size;
    /** 0: there are none in this version. */
    uint32_t flags;
    /** The LUN's name; required. */
    const char *volume;
    /** Cinder's id of the volume, handed back in the connection; NULL: the name. */
    const char *volume_id;
    /** The host's iSCSI name; required. */
    const char *initiator;
} zfssa_initialize_connection_args_t;

/** What zfssa_terminate_connection() takes. */
typedef struct zfssa_terminate_connection_args_t {
    /** sizeof(zfssa_terminate_connection_args_t). */
    uint32_t size;
    /** 0 or ZFSSA_TERMINATE_STILL_ATTACHED. */
    uint32_t flags;
    /** The LUN's name; required. */
    const char *volume;
    /** The host's iSCSI name; NULL: every host. */
    const char *initiator;
    /**
     * With the flag ZFSSA_TERMINATE_STILL_ATTACHED: the initiators that still use the volume
     * and must keep it; `initiator` too where its host has the volume attached once more.
     * Without: not known; then a group that holds other initiators too keeps the volume.
     */
    const char *const *still_attached;
    /** Elements of `still_attached`. */
    uint32_t still_attached_count;
    /** 0. */
    uint32_t reserved;
} zfssa_terminate_connection_args_t;

/**
 * How a host reaches a volume, in the words of Cinder's connection properties. More members may
 * follow in later versions.
 */
typedef struct zfssa_connection_t {
    /** Bytes that the library filled. */
    uint32_t size;
    /** Always 0: the host need not discover. */
    uint32_t target_discovered;
    /** The LU number for this host. */
    uint32_t target_lun;
    /** 1 when the host may send discards, else 0. */
    uint32_t discard;
    /** 1 when this very call presented the volume, else 0. */
    uint32_t changed;
    /** Elements of `target_portals`, of `target_iqns` and of `target_luns`, which go together. */
    uint32_t paths_count;
    /** Elements of `initiator_groups`. */
    uint32_t initiator_groups_count;
    /** 0. */
    uint32_t reserved;
    /** Always iscsi. */
    const char *driver_volume_type;
    /** As in the request. */
    const char *volume_id;
    /** The first portal, address:port. */
    const char *target_portal;
    /** The target's iSCSI name. */
    const char *target_iqn;
    /** Every portal. */
    const char *const *target_portals;
    /** The target's name at each portal. */
    const char *const *target_iqns;
    /** The LU number at each portal. */
    const uint32_t *target_luns;
    /** The initiator groups through which the host sees the volume. */
    const char *const *initiator_groups;
    /** CHAP, or NULL when the target asks for none. */
    const char *auth_method;
    /** The CHAP name, or NULL. */
    const char *auth_username;
    /** The CHAP secret in the clear, or NULL. Wiped when the result is freed. */
    const char *auth_password;
    /**
     * CHAP for the other direction, or NULL when there is none: what the target proves itself
     * with to a host that asks. Given where host and target have accounts of their own.
     */
    const char *target_auth_method;
    /** The CHAP name of the target, or NULL. */
    const char *target_auth_username;
    /** The CHAP secret of the target in the clear, or NULL. Wiped when the result is freed. */
    const char *target_auth_password;
} zfssa_connection_t;

/** What is left after a host was taken away. More members may follow in later versions. */
typedef struct zfssa_detached_t {
    /** Bytes that the library filled. */
    uint32_t size;
    /** 1 when the host still sees the volume, through a group that had to be kept. */
    uint32_t still_presented;
    /** 1 when this very call changed anything, else 0. */
    uint32_t changed;
    /** Elements of `initiator_groups`. */
    uint32_t initiator_groups_count;
    /** Every initiator group to which the volume is presented now. */
    const char *const *initiator_groups;
} zfssa_detached_t;

/**
 * Presents a volume to the host of an initiator, beside the hosts that have it already.
 *
 * Does not block. Any thread. Result: zfssa_result_connection(). Since 1.0.
 */
zfssa_status_t zfssa_initialize_connection(zfssa_driver_t *driver,
                                           const zfssa_initialize_connection_args_t *args,
                                           const zfssa_call_t *call,
                                           zfssa_ticket_t *ticket,
                                           zfssa_error_t **err);

/**
 * Takes a volume away from one host, or from all, and from nobody else.
 *
 * Does not block. Any thread. Result: zfssa_result_detached(). Since 1.0.
 */
zfssa_status_t zfssa_terminate_connection(zfssa_driver_t *driver,
                                          const zfssa_terminate_connection_args_t *args,
                                          const zfssa_call_t *call,
                                          zfssa_ticket_t *ticket,
                                          zfssa_error_t **err);

/**
 * The output of zfssa_initialize_connection(); NULL for any other result and for a failure.
 *
 * Does not block. Any thread. The view belongs to the result. Since 1.0.
 */
const zfssa_connection_t *zfssa_result_connection(const zfssa_result_t *result);

/**
 * The output of zfssa_terminate_connection(); NULL for any other result and for a failure.
 *
 * Does not block. Any thread. The view belongs to the result. Since 1.0.
 */
const zfssa_detached_t *zfssa_result_detached(const zfssa_result_t *result);

/* -------------------------------------------------------------------------- Operations: images */

/**
 * What zfssa_clone_image() takes. The image is written in one of three ways: by this library
 * from a file (`image_path`), by a function of the host's (`transfer`), or, with neither, by
 * whoever takes the event ZFSSA_EV_TRANSFER from the call's queue.
 */
typedef struct zfssa_clone_image_args_t {
    /** sizeof(zfssa_clone_image_args_t). */
    uint32_t size;
    /** 0: there are none in this version. */
    uint32_t flags;
    /** The new LUN's name; required. */
    const char *name;
    /**
     * GiB, at least the cache entry's size: the image's, rounded up, and one more where it is
     * a whole number of GiB.
     */
    uint64_t size_gib;
    /** The image's id, which names its cache entry; required. */
    const char *image_id;
    /**
     * When the image was last updated, in whatever form, as long as it is always the same;
     * required.
     */
    const char *image_updated_at;
    /** Bytes of the disk that the image holds; not 0. */
    uint64_t image_virtual_size;
    /** The iSCSI name of the host that writes the image; required. */
    const char *initiator;
    /**
     * The extra specs of the volume type. Keys zfssa:* override the backend's defaults; keys of
     * other scopes are passed over. NULL: none.
     */
    const zfssa_pair_t *extra_specs;
    /** Elements of `extra_specs`. */
    uint32_t extra_specs_count;
    /** 0. */
    uint32_t reserved;
    /**
     * The image's file, to be written by qemu-img over iSCSI from user space; its absolute
     * path. NULL: the host transfers.
     */
    const char *image_path;
    /** With `image_path`: raw, qcow2 or vmdk, which is never guessed. NULL without. */
    const char *image_format;
    /** With `image_path`: the program. NULL: qemu-img, looked for in PATH. */
    const char *qemu_img;
    /**
     * Asked to write the image if it is not there yet. The result that it gets is the host's
     * to free: zfssa_result_connection() says where to write, zfssa_result_ticket() is the
     * operation's ticket. It need not write at once: zfssa_transfer_finish() ends the transfer,
     * from whatever thread. NULL: none.
     */
    zfssa_callback_t transfer;
    /** For `transfer` and `transfer_drop`; never looked at. */
    void *transfer_context;
    /**
     * Called once with `transfer_context` when `transfer` is not called any more, be it that it
     * never was. Never called when the submission was refused. Only together with `transfer`.
     */
    zfssa_drop_t transfer_drop;
} zfssa_clone_image_args_t;

/** What became of an image's volume. More members may follow in later versions. */
typedef struct zfssa_cloned_image_t {
    /** Bytes that the library filled. */
    uint32_t size;
    /** 1 when this very call had the image written, else 0. */
    uint32_t transferred;
    /** The volume; NULL where the cache declines and the host should make the volume itself. */
    const zfssa_volume_t *volume;
    /** Why the cache declines; empty when it did not. */
    const char *declined;
    /** The cache entry that the volume is a clone of; empty when the cache declined. */
    const char *cache_entry;
} zfssa_cloned_image_t;

/**
 * Makes a volume from an image, by way of the cache. The first volume of an image has the image
 * written; those after it are clones. That the cache declines is no failure.
 *
 * A transfer that fails, is cancelled or runs out of time leaves no cache entry. While the host
 * transfers, the operation waits for its word as long as its time limit lets it, so give it one
 * that suits the image.
 *
 * Does not block. Any thread. Result: zfssa_result_cloned_image(). Since 1.0.
 */
zfssa_status_t zfssa_clone_image(zfssa_driver_t *driver,
                                 const zfssa_clone_image_args_t *args,
                                 const zfssa_call_t *call,
                                 zfssa_ticket_t *ticket,
                                 zfssa_error_t **err);

/**
 * The output of zfssa_clone_image(); NULL for any other result and for a failure.
 *
 * Does not block. Any thread. The view belongs to the result. Since 1.0.
 */
const zfssa_cloned_image_t *zfssa_result_cloned_image(const zfssa_result_t *result);

/* ------------------------------------------------------------------------- Operations: exports */

/** What zfssa_create_export() takes. */
typedef struct zfssa_create_export_args_t {
    /** sizeof(zfssa_create_export_args_t). */
    uint32_t size;
    /** 0: there are none in this version. */
    uint32_t flags;
    /** The LUN's name; required. */
    const char *volume;
} zfssa_create_export_args_t;

/** What zfssa_remove_export() takes. */
typedef struct zfssa_remove_export_args_t {
    /** sizeof(zfssa_remove_export_args_t). */
    uint32_t size;
    /** 0: there are none in this version. */
    uint32_t flags;
    /** The LUN's name; required. */
    const char *volume;
} zfssa_remove_export_args_t;

/** What zfssa_ensure_export() takes. */
typedef struct zfssa_ensure_export_args_t {
    /** sizeof(zfssa_ensure_export_args_t). */
    uint32_t size;
    /** 0: there are none in this version. */
    uint32_t flags;
    /** The LUN's name; required. */
    const char *volume;
} zfssa_ensure_export_args_t;

/**
 * Prepares a volume for attachment. The appliance needs nothing: no request is sent.
 *
 * Does not block. Any thread. Result: none but its JSON. Since 1.0.
 */
zfssa_status_t zfssa_create_export(zfssa_driver_t *driver,
                                   const zfssa_create_export_args_t *args,
                                   const zfssa_call_t *call,
                                   zfssa_ticket_t *ticket,
                                   zfssa_error_t **err);

/**
 * Undoes zfssa_create_export(). No request is sent.
 *
 * Does not block. Any thread. Result: none but its JSON. Since 1.0.
 */
zfssa_status_t zfssa_remove_export(zfssa_driver_t *driver,
                                   const zfssa_remove_export_args_t *args,
                                   const zfssa_call_t *call,
                                   zfssa_ticket_t *ticket,
                                   zfssa_error_t **err);

/**
 * Called by Cinder for each volume in use at its start. No request is sent.
 *
 * Does not block. Any thread. Result: none but its JSON. Since 1.0.
 */
zfssa_status_t zfssa_ensure_export(zfssa_driver_t *driver,
                                   const zfssa_ensure_export_args_t *args,
                                   const zfssa_call_t *call,
                                   zfssa_ticket_t *ticket,
                                   zfssa_error_t **err);

/* ---------------------------------------------------------------------- Operations: statistics */

/** What zfssa_get_volume_stats() takes. `args` may be NULL. */
typedef struct zfssa_get_volume_stats_args_t {
    /** sizeof(zfssa_get_volume_stats_args_t). */
    uint32_t size;
    /** 0: there are none in this version. */
    uint32_t flags;
} zfssa_get_volume_stats_args_t;

/** What Cinder's get_volume_stats reports. More members may follow in later versions. */
typedef struct zfssa_volume_stats_t {
    /** Bytes that the library filled. */
    uint32_t size;
    /** Percent kept back. */
    uint32_t reserved_percentage;
    /** 1 when new volumes are thin, else 0. */
    uint32_t thin_provisioning_support;
    /** 1 when new volumes are thick, else 0. */
    uint32_t thick_provisioning_support;
    /** Always 1: hosts are presented side by side. */
    uint32_t multiattach;
    /** 1 when an attached volume may be extended, else 0. */
    uint32_t online_extend_support;
    /** Always 0. Cinder's key is QoS_support. */
    uint32_t qos_support;
    /** Always 0: a clone is made in the pool of its source. */
    uint32_t clone_across_pools;
    /** How many volumes there are. */
    uint64_t total_volumes;
    /** What the project could hold, free and used, in bytes. */
    uint64_t total_capacity_bytes;
    /** What the project has left, in bytes. */
    uint64_t free_capacity_bytes;
    /** The sum of the volumes' sizes, in bytes. */
    uint64_t provisioned_capacity_bytes;
    /** `total_capacity_bytes` in GiB. */
    double total_capacity_gb;
    /** `free_capacity_bytes` in GiB. */
    double free_capacity_gb;
    /** `provisioned_capacity_bytes` in GiB. */
    double provisioned_capacity_gb;
    /** The same figure, which is what this backend allocated. */
    double allocated_capacity_gb;
    /** The option volume_backend_name. */
    const char *volume_backend_name;
    /** Always Oracle. */
    const char *vendor_name;
    /** The version of this library. */
    const char *driver_version;
    /** Always iSCSI. */
    const char *storage_protocol;
    /** The pool that the scheduler sees. */
    const char *pool_name;
    /** The option of this name: a number, or auto. */
    const char *max_over_subscription_ratio;
    /**
     * Always up: when the pool is not served here, the operation fails with
     * ZFSSA_E_POOL_NOT_OWNED, and a host that reports to a scheduler says down.
     */
    const char *backend_state;
    /** Six fields for the migration between backends; that of the credentials is empty. */
    const char *location_info;
    /** The profile of the pool, such as mirror. */
    const char *zfssa_poolprofile;
    /** The default block size, in the words of the option. */
    const char *zfssa_volblocksize;
    /** The default provisioning: True for thin. */
    const char *zfssa_sparse;
    /** The default compression. */
    const char *zfssa_compression;
    /** The default synchronous write bias. */
    const char *zfssa_logbias;
} zfssa_volume_stats_t;

/**
 * Reads the capacity of the backend.
 *
 * Does not block. Any thread. Result: zfssa_result_volume_stats(). Since 1.0.
 */
zfssa_status_t zfssa_get_volume_stats(zfssa_driver_t *driver,
                                      const zfssa_get_volume_stats_args_t *args,
                                      const zfssa_call_t *call,
                                      zfssa_ticket_t *ticket,
                                      zfssa_error_t **err);

/**
 * The output of zfssa_get_volume_stats(); NULL for any other result and for a failure.
 *
 * Does not block. Any thread. The view belongs to the result. Since 1.0.
 */
const zfssa_volume_stats_t *zfssa_result_volume_stats(const zfssa_result_t *result);

/* ---------------------------------------------------------------------- Operations: management */

/** Leaves the hosts that see the LUN as they are. */
#define ZFSSA_MANAGE_KEEP_PRESENTATION 1

/** What zfssa_manage_existing() takes. */
typedef struct zfssa_manage_existing_args_t {
    /** sizeof(zfssa_manage_existing_args_t). */
    uint32_t size;
    /** 0 or ZFSSA_MANAGE_KEEP_PRESENTATION. */
    uint32_t flags;
    /** The volume's name, such as volume-<uuid>; required. */
    const char *name;
    /** The LUN's name, Cinder's source-name; NULL: told by its id. */
    const char *source_name;
    /**
     * The LUN's globally unique id, 32 hexadecimal digits; NULL: told by its name. Where both are
     * given, both must fit.
     */
    const char *source_guid;
    /**
     * The extra specs of the volume type. What a key zfssa:* says must be so; the defaults of the
     * backend do not matter here. NULL: none.
     */
    const zfssa_pair_t *extra_specs;
    /** Elements of `extra_specs`. */
    uint32_t extra_specs_count;
    /** 0. */
    uint32_t reserved;
} zfssa_manage_existing_args_t;

/** What zfssa_manage_existing_get_size() takes. */
typedef struct zfssa_manage_existing_get_size_args_t {
    /** sizeof(zfssa_manage_existing_get_size_args_t). */
    uint32_t size;
    /** 0: there are none in this version. */
    uint32_t flags;
    /** The LUN's name, Cinder's source-name; NULL: told by its id. */
    const char *source_name;
    /**
     * The LUN's globally unique id, 32 hexadecimal digits; NULL: told by its name. Where both are
     * given, both must fit.
     */
    const char *source_guid;
} zfssa_manage_existing_get_size_args_t;

/** What zfssa_unmanage() takes. */
typedef struct zfssa_unmanage_args_t {
    /** sizeof(zfssa_unmanage_args_t). */
    uint32_t size;
    /** 0: there are none in this version. */
    uint32_t flags;
    /** The volume's name; required. */
    const char *name;
} zfssa_unmanage_args_t;

/** What a LUN was and is. More members may follow in later versions. */
typedef struct zfssa_managed_t {
    /** Bytes that the library filled. */
    uint32_t size;
    /** 1 when this very call changed it, else 0. */
    uint32_t changed;
    /** Elements of `taken_from`. */
    uint32_t taken_from_count;
    /** Elements of `snapshots`. */
    uint32_t snapshots_count;
    /** The volume as it is now. */
    const zfssa_volume_t *volume;
    /** The name that the LUN had. */
    const char *previous_name;
    /** The initiator groups that saw it and do not any more. */
    const char *const *taken_from;
    /** The snapshots that keep it from being deleted. */
    const char *const *snapshots;
} zfssa_managed_t;

/** How large something is that exists. More members may follow in later versions. */
typedef struct zfssa_existing_size_t {
    /** Bytes that the library filled. */
    uint32_t size;
    /** 0. */
    uint32_t reserved;
    /** GiB, rounded up. */
    uint64_t size_gib;
    /** Bytes. */
    uint64_t size_bytes;
} zfssa_existing_size_t;

/** What was let go. More members may follow in later versions. */
typedef struct zfssa_unmanaged_t {
    /** Bytes that the library filled. */
    uint32_t size;
    /** 1 when this very call renamed it, else 0. */
    uint32_t changed;
    /** The name that it had. */
    const char *name;
    /** The name that it has now. */
    const char *new_name;
} zfssa_unmanaged_t;

/**
 * Takes an existing LUN under management: it gets the volume's name and the property
 * cinder_managed, and nobody sees it any more, in one change. Refused is a LUN that is managed
 * already, one that the option zfssa_manage_policy does not allow, and one that is not what the
 * volume type says. Its snapshots are named, since they keep the volume from being deleted.
 *
 * May be repeated: a LUN that has the name and is managed is answered with `changed` 0.
 *
 * Does not block. Any thread. Result: zfssa_result_managed(). Since 1.0.
 */
zfssa_status_t zfssa_manage_existing(zfssa_driver_t *driver,
                                     const zfssa_manage_existing_args_t *args,
                                     const zfssa_call_t *call,
                                     zfssa_ticket_t *ticket,
                                     zfssa_error_t **err);

/**
 * Says how large an existing LUN is. Cinder asks before it calls zfssa_manage_existing().
 *
 * Does not block. Any thread. Result: zfssa_result_existing_size(). Since 1.0.
 */
zfssa_status_t zfssa_manage_existing_get_size(
    zfssa_driver_t *driver,
    const zfssa_manage_existing_get_size_args_t *args,
    const zfssa_call_t *call,
    zfssa_ticket_t *ticket,
    zfssa_error_t **err);

/**
 * Lets a volume go: its LUN stays, is called unmanaged-<name>, and can be managed again.
 *
 * Does not block. Any thread. Result: zfssa_result_unmanaged(). Since 1.0.
 */
zfssa_status_t zfssa_unmanage(zfssa_driver_t *driver,
                              const zfssa_unmanage_args_t *args,
                              const zfssa_call_t *call,
                              zfssa_ticket_t *ticket,
                              zfssa_error_t **err);

/**
 * The output of zfssa_manage_existing(); NULL for any other result and for a failure.
 *
 * Does not block. Any thread. The view belongs to the result. Since 1.0.
 */
const zfssa_managed_t *zfssa_result_managed(const zfssa_result_t *result);

/**
 * The output of zfssa_manage_existing_get_size() and of its sister for snapshots; NULL for any
 * other result and for a failure.
 *
 * Does not block. Any thread. The view belongs to the result. Since 1.0.
 */
const zfssa_existing_size_t *zfssa_result_existing_size(const zfssa_result_t *result);

/**
 * The output of zfssa_unmanage() and zfssa_unmanage_snapshot(); NULL for any other result and for
 * a failure.
 *
 * Does not block. Any thread. The view belongs to the result. Since 1.0.
 */
const zfssa_unmanaged_t *zfssa_result_unmanaged(const zfssa_result_t *result);

/* --------------------------------------------------------- Operations: management of snapshots */

/** What zfssa_manage_existing_snapshot() takes. */
typedef struct zfssa_manage_existing_snapshot_args_t {
    /** sizeof(zfssa_manage_existing_snapshot_args_t). */
    uint32_t size;
    /** 0: there are none in this version. */
    uint32_t flags;
    /** The LUN's name; required. */
    const char *volume;
    /** The name that it gets, such as snapshot-<uuid>; required. */
    const char *name;
    /** The name that the snapshot has, Cinder's source-name; required. */
    const char *source_name;
} zfssa_manage_existing_snapshot_args_t;

/** What zfssa_manage_existing_snapshot_get_size() takes. */
typedef struct zfssa_manage_existing_snapshot_get_size_args_t {
    /** sizeof(zfssa_manage_existing_snapshot_get_size_args_t). */
    uint32_t size;
    /** 0: there are none in this version. */
    uint32_t flags;
    /** The LUN's name; required. */
    const char *volume;
    /** The name that the snapshot has, Cinder's source-name; required. */
    const char *source_name;
} zfssa_manage_existing_snapshot_get_size_args_t;

/** What zfssa_unmanage_snapshot() takes. */
typedef struct zfssa_unmanage_snapshot_args_t {
    /** sizeof(zfssa_unmanage_snapshot_args_t). */
    uint32_t size;
    /** 0: there are none in this version. */
    uint32_t flags;
    /** The LUN's name; required. */
    const char *volume;
    /** The snapshot's name; required. */
    const char *name;
} zfssa_unmanage_snapshot_args_t;

/** What a snapshot was and is. More members may follow in later versions. */
typedef struct zfssa_managed_snapshot_t {
    /** Bytes that the library filled. */
    uint32_t size;
    /** 1 when this very call renamed it, else 0. */
    uint32_t changed;
    /** The snapshot as it is now. */
    const zfssa_snapshot_t *snapshot;
    /** The name that it had. */
    const char *previous_name;
} zfssa_managed_snapshot_t;

/**
 * Takes a snapshot of a volume under management: it gets the name that Cinder will look for.
 * Refused is one whose name says that it belongs to Cinder or to a clone already.
 *
 * May be repeated: where the old name is gone and the new one is there, `changed` is 0.
 *
 * Does not block. Any thread. Result: zfssa_result_managed_snapshot(). Since 1.0.
 */
zfssa_status_t zfssa_manage_existing_snapshot(
    zfssa_driver_t *driver,
    const zfssa_manage_existing_snapshot_args_t *args,
    const zfssa_call_t *call,
    zfssa_ticket_t *ticket,
    zfssa_error_t **err);

/**
 * Says how large a volume made from an existing snapshot would be: as large as its volume is now.
 *
 * Does not block. Any thread. Result: zfssa_result_existing_size(). Since 1.0.
 */
zfssa_status_t zfssa_manage_existing_snapshot_get_size(
    zfssa_driver_t *driver,
    const zfssa_manage_existing_snapshot_get_size_args_t *args,
    const zfssa_call_t *call,
    zfssa_ticket_t *ticket,
    zfssa_error_t **err);

/**
 * Lets a snapshot go: it stays, is called unmanaged-<name>, and can be managed again.
 *
 * Does not block. Any thread. Result: zfssa_result_unmanaged(). Since 1.0.
 */
zfssa_status_t zfssa_unmanage_snapshot(zfssa_driver_t *driver,
                                       const zfssa_unmanage_snapshot_args_t *args,
                                       const zfssa_call_t *call,
                                       zfssa_ticket_t *ticket,
                                       zfssa_error_t **err);

/**
 * The output of zfssa_manage_existing_snapshot(); NULL for any other result and for a failure.
 *
 * Does not block. Any thread. The view belongs to the result. Since 1.0.
 */
const zfssa_managed_snapshot_t *zfssa_result_managed_snapshot(const zfssa_result_t *result);

/* ----------------------------------------------------------- Operations: what could be managed */

/** A volume or snapshot that the host knows. */
typedef struct zfssa_known_t {
    /** Cinder's id; required. */
    const char *id;
    /** The name on the appliance; required. */
    const char *name;
} zfssa_known_t;

/** What zfssa_get_manageable_volumes() takes. `args` may be NULL. */
typedef struct zfssa_get_manageable_volumes_args_t {
    /** sizeof(zfssa_get_manageable_volumes_args_t). */
    uint32_t size;
    /** 0: there are none in this version. */
    uint32_t flags;
    /**
     * Begin after the entry with this reference; NULL: at the beginning. An entry that is not there
     * is an error.
     */
    const char *marker;
    /** At most so many entries; 0: all. */
    uint32_t limit;
    /** Pass over so many entries, counted from the beginning or the marker. */
    uint32_t offset;
    /** The volumes that Cinder has on this backend. */
    const zfssa_known_t *cinder_volumes;
    /** reference or size, the most important first; NULL: reference. */
    const char *const *sort_keys;
    /** asc or desc for each key; where one is missing, the last one given, or asc. */
    const char *const *sort_dirs;
    /** Elements of `cinder_volumes`. */
    uint32_t cinder_volumes_count;
    /** Elements of `sort_keys`. */
    uint32_t sort_keys_count;
    /** Elements of `sort_dirs`. */
    uint32_t sort_dirs_count;
    /** 0. */
    uint32_t reserved;
} zfssa_get_manageable_volumes_args_t;

/** What zfssa_get_manageable_snapshots() takes. `args` may be NULL. */
typedef struct zfssa_get_manageable_snapshots_args_t {
    /** sizeof(zfssa_get_manageable_snapshots_args_t). */
    uint32_t size;
    /** 0: there are none in this version. */
    uint32_t flags;
    /**
     * Begin after the entry with this reference; NULL: at the beginning. An entry that is not there
     * is an error.
     */
    const char *marker;
    /** At most so many entries; 0: all. */
    uint32_t limit;
    /** Pass over so many entries, counted from the beginning or the marker. */
    uint32_t offset;
    /** The snapshots that Cinder has on this backend. */
    const zfssa_known_t *cinder_snapshots;
    /** reference or size, the most important first; NULL: reference. */
    const char *const *sort_keys;
    /** asc or desc for each key; where one is missing, the last one given, or asc. */
    const char *const *sort_dirs;
    /** Elements of `cinder_snapshots`. */
    uint32_t cinder_snapshots_count;
    /** Elements of `sort_keys`. */
    uint32_t sort_keys_count;
    /** Elements of `sort_dirs`. */
    uint32_t sort_dirs_count;
    /** 0. */
    uint32_t reserved;
} zfssa_get_manageable_snapshots_args_t;

/** A LUN or snapshot that exists. More members may follow in later versions. */
typedef struct zfssa_manageable_entry_t {
    /** Bytes that the library filled. */
    uint32_t size;
    /** 1 when it may be managed without harm, else 0. */
    uint32_t safe_to_manage;
    /** GiB, rounded up; of a snapshot, its volume's size. */
    uint64_t size_gib;
    /** Cinder's source-name: the name of the LUN or snapshot. */
    const char *reference;
    /** Of a snapshot, the name of its LUN; empty for a LUN. */
    const char *source_reference;
    /** Why it may not be managed; empty when it may. */
    const char *reason_not_safe;
    /** The id of Cinder's volume or snapshot that this is; empty when it is none. */
    const char *cinder_id;
    /** What else an operator wants to know, for people. */
    const char *extra_info;
} zfssa_manageable_entry_t;

/** A part of what could be managed. More members may follow in later versions. */
typedef struct zfssa_manageable_t {
    /** Bytes that the library filled. */
    uint32_t size;
    /** Elements of `entries`. */
    uint32_t count;
    /** How many there are in all. */
    uint64_t total;
    /** Pointers to the entries, in the order asked for; NULL when there are none. */
    const zfssa_manageable_entry_t *const *entries;
} zfssa_manageable_t;

/**
 * Lists the LUNs of the backend's project and says of each whether it may be managed.
 *
 * Does not block. Any thread. Result: zfssa_result_manageable(). Since 1.0.
 */
zfssa_status_t zfssa_get_manageable_volumes(zfssa_driver_t *driver,
                                            const zfssa_get_manageable_volumes_args_t *args,
                                            const zfssa_call_t *call,
                                            zfssa_ticket_t *ticket,
                                            zfssa_error_t **err);

/**
 * Lists the snapshots in the backend's project and says of each whether it may be managed. As
 * snapshots of two volumes may have one name, the marker may also be <volume>@<snapshot>.
 *
 * Does not block. Any thread. Result: zfssa_result_manageable(). Since 1.0.
 */
zfssa_status_t zfssa_get_manageable_snapshots(
    zfssa_driver_t *driver,
    const zfssa_get_manageable_snapshots_args_t *args,
    const zfssa_call_t *call,
    zfssa_ticket_t *ticket,
    zfssa_error_t **err);

/**
 * The output of zfssa_get_manageable_volumes() and zfssa_get_manageable_snapshots(); NULL for any
 * other result and for a failure.
 *
 * Does not block. Any thread. The view belongs to the result. Since 1.0.
 */
const zfssa_manageable_t *zfssa_result_manageable(const zfssa_result_t *result);

/* ------------------------------------------------------------------------ Operations: recovery */

/** All steps of the operation are done. */
#define ZFSSA_SETTLED_FINISHED 0

/** None of its steps stands. */
#define ZFSSA_SETTLED_ROLLED_BACK 1

/** Neither was possible now; its journal stays, and recovery can be tried again. */
#define ZFSSA_SETTLED_FAILED 2

/**
 * A request that was not answered may still be carried out, for the time of
 * zfssa_late_request_timeout. Its journal stays, and recovery after that settles it.
 */
#define ZFSSA_SETTLED_IN_DOUBT 3

/** A live process works on it. */
#define ZFSSA_FINDING_BUSY 0

/** It belongs to another backend, which recovers it when it is set up. */
#define ZFSSA_FINDING_OTHER_BACKEND 1

/** It is damaged or no journal, and was renamed. */
#define ZFSSA_FINDING_SET_ASIDE 2

/** It could not be read, or renamed. */
#define ZFSSA_FINDING_FAILED 3

/** What zfssa_recover() takes. `args` may be NULL. */
typedef struct zfssa_recover_args_t {
    /** sizeof(zfssa_recover_args_t). */
    uint32_t size;
    /** 0: there are none in this version. */
    uint32_t flags;
    /**
     * Ids of operations whose processes are dead, whose results the host never got, and whose
     * journals may be lost: what they made is looked for and taken away. NULL: none.
     */
    const char *const *operations;
    /** Elements of `operations`. */
    uint32_t operations_count;
    /** 0. */
    uint32_t reserved;
} zfssa_recover_args_t;

/** An operation that a dead process left. More members may follow in later versions. */
typedef struct zfssa_recovered_t {
    /** Bytes that the library filled. */
    uint32_t size;
    /** One of the ZFSSA_SETTLED_ numbers. */
    uint32_t settled;
    /** The kind of operation. */
    const char *flow;
    /** The object that it is about. */
    const char *object;
    /** The id of the operation. */
    const char *operation;
    /** What became of it, in one sentence. */
    const char *message;
} zfssa_recovered_t;

/** A file among the journals that was not acted on. More members may follow in later versions. */
typedef struct zfssa_finding_t {
    /** Bytes that the library filled. */
    uint32_t size;
    /** One of the ZFSSA_FINDING_ numbers. */
    uint32_t kind;
    /** The file. */
    const char *path;
    /** The other backend, what is wrong, or the failure; empty where there is nothing to add. */
    const char *detail;
} zfssa_finding_t;

/** What was found and done. More members may follow in later versions. */
typedef struct zfssa_recover_report_t {
    /** Bytes that the library filled. */
    uint32_t size;
    /** Elements of `recovered`. */
    uint32_t recovered_count;
    /** Elements of `findings`. */
    uint32_t findings_count;
    /** 0. */
    uint32_t reserved;
    /** Pointers to the operations that were settled, or should have been. */
    const zfssa_recovered_t *const *recovered;
    /** Pointers to the files among the journals that were not acted on. */
    const zfssa_finding_t *const *findings;
} zfssa_recover_report_t;

/**
 * Finishes or rolls back what processes that died left of their operations. zfssa_do_setup() does
 * it too. May be called at any time and again.
 *
 * Does not block. Any thread. Result: zfssa_result_recover_report(). Since 1.0.
 */
zfssa_status_t zfssa_recover(zfssa_driver_t *driver,
                             const zfssa_recover_args_t *args,
                             const zfssa_call_t *call,
                             zfssa_ticket_t *ticket,
                             zfssa_error_t **err);

/**
 * The output of zfssa_recover(); NULL for any other result and for a failure.
 *
 * Does not block. Any thread. The view belongs to the result. Since 1.0.
 */
const zfssa_recover_report_t *zfssa_result_recover_report(const zfssa_result_t *result);

/* -------------------------------------------------------------------------- Operations: revert */

/** What zfssa_revert_to_snapshot() takes. */
typedef struct zfssa_revert_to_snapshot_args_t {
    /** sizeof(zfssa_revert_to_snapshot_args_t). */
    uint32_t size;
    /** 0: there are none in this version. */
    uint32_t flags;
    /** The LUN's name; required. */
    const char *volume;
    /** The snapshot's name; required. */
    const char *snapshot;
    /** The size in GiB that Cinder knows the volume by; 0: the size that it has. */
    uint64_t size_gib;
} zfssa_revert_to_snapshot_args_t;

/**
 * Sets a volume back to what it was when a snapshot was taken, and keeps its size. What was
 * written since is lost. Newer snapshots and their clones stand in the way: they are named and
 * stay untouched, ZFSSA_E_REVERT_BLOCKED. One taken in the same second counts as newer. A volume
 * that a host sees is ZFSSA_E_VOLUME_BUSY.
 *
 * Does not block. Any thread. Result: zfssa_result_volume(). Since 1.0.
 */
zfssa_status_t zfssa_revert_to_snapshot(zfssa_driver_t *driver,
                                        const zfssa_revert_to_snapshot_args_t *args,
                                        const zfssa_call_t *call,
                                        zfssa_ticket_t *ticket,
                                        zfssa_error_t **err);

/* -------------------------------------------------------------------------- Operations: retype */

/** What became of a retype. More members may follow in later versions. */
typedef struct zfssa_retyped_t {
    /** Bytes that the library filled. */
    uint32_t size;
    /** 1 when the volume is what the type says; 0 when that is not possible in place, and nothing was changed. */
    uint32_t in_place;
    /** Elements of `changes`. */
    uint32_t changes_count;
    /** 0. */
    uint32_t reserved;
    /** Why not in place; empty when it is. */
    const char *reason;
    /** What was changed, one sentence each. */
    const char *const *changes;
    /** The volume as it is now. */
    const zfssa_volume_t *volume;
} zfssa_retyped_t;

/** What zfssa_retype() takes. */
typedef struct zfssa_retype_args_t {
    /** sizeof(zfssa_retype_args_t). */
    uint32_t size;
    /** 0: there are none in this version. */
    uint32_t flags;
    /** The LUN's name; required. */
    const char *name;
    /** The extra specs of the new volume type. NULL: none. */
    const zfssa_pair_t *extra_specs;
    /** Elements of `extra_specs`. */
    uint32_t extra_specs_count;
    /** 0. */
    uint32_t reserved;
} zfssa_retype_args_t;

/**
 * The output of zfssa_retype(); NULL for any other result and for a failure.
 *
 * Does not block. Any thread. The view belongs to the result. Since 1.0.
 */
const zfssa_retyped_t *zfssa_result_retyped(const zfssa_result_t *result);

/**
 * Makes a volume what a new volume of the type would be, as far as that is possible in place:
 * compression, write bias and provisioning. The block size cannot be changed: `in_place` is 0
 * then, and nothing was changed.
 *
 * Does not block. Any thread. Result: zfssa_result_retyped(). Since 1.0.
 */
zfssa_status_t zfssa_retype(zfssa_driver_t *driver,
                            const zfssa_retype_args_t *args,
                            const zfssa_call_t *call,
                            zfssa_ticket_t *ticket,
                            zfssa_error_t **err);

/* ------------------------------------------------------------------- Operations: what is known */

/** Two ids of one object. More members may follow in later versions. */
typedef struct zfssa_provider_id_t {
    /** Bytes that the library filled. */
    uint32_t size;
    /** 0. */
    uint32_t reserved;
    /** Cinder's. */
    const char *id;
    /** The appliance's. */
    const char *provider_id;
} zfssa_provider_id_t;

/** What exists and what does not. More members may follow in later versions. */
typedef struct zfssa_provider_info_t {
    /** Bytes that the library filled. */
    uint32_t size;
    /** Elements of `volumes`. */
    uint32_t volumes_count;
    /** Elements of `snapshots`. */
    uint32_t snapshots_count;
    /** Elements of `missing_volumes`. */
    uint32_t missing_volumes_count;
    /** Elements of `missing_snapshots`. */
    uint32_t missing_snapshots_count;
    /** 0. */
    uint32_t reserved;
    /** Pointers to the volumes that exist; the provider id is the LUN's GUID. */
    const zfssa_provider_id_t *const *volumes;
    /** Pointers to the snapshots that exist; the provider id is the LUN's GUID, an @ and the name. */
    const zfssa_provider_id_t *const *snapshots;
    /** Cinder's ids of volumes that do not exist. */
    const char *const *missing_volumes;
    /** Cinder's ids of snapshots that do not exist. */
    const char *const *missing_snapshots;
} zfssa_provider_info_t;

/** Under which name a migrated volume is found. More members may follow in later versions. */
typedef struct zfssa_migrated_volume_t {
    /** Bytes that the library filled. */
    uint32_t size;
    /** 1 when this very call renamed it, else 0. */
    uint32_t renamed;
    /** The name that it has. */
    const char *name;
    /** Cinder's _name_id; NULL when the volume has the original name. */
    const char *name_id;
} zfssa_migrated_volume_t;

/** A snapshot that the host knows. */
typedef struct zfssa_known_snapshot_t {
    /** Cinder's id; required. */
    const char *id;
    /** The name on the appliance; required. */
    const char *name;
    /** The name of its volume on the appliance; required. */
    const char *volume;
} zfssa_known_snapshot_t;

/** What zfssa_update_provider_info() takes. `args` may be NULL. */
typedef struct zfssa_update_provider_info_args_t {
    /** sizeof(zfssa_update_provider_info_args_t). */
    uint32_t size;
    /** 0: there are none in this version. */
    uint32_t flags;
    /** Volumes on this backend. */
    const zfssa_known_t *volumes;
    /** Snapshots on this backend. */
    const zfssa_known_snapshot_t *snapshots;
    /** Elements of `volumes`. */
    uint32_t volumes_count;
    /** Elements of `snapshots`. */
    uint32_t snapshots_count;
} zfssa_update_provider_info_args_t;

/** What zfssa_update_migrated_volume() takes. */
typedef struct zfssa_update_migrated_volume_args_t {
    /** sizeof(zfssa_update_migrated_volume_args_t). */
    uint32_t size;
    /** 0: there are none in this version. */
    uint32_t flags;
    /** The name of the volume that was migrated; required. */
    const char *original_name;
    /** The name that the copy on this backend has; required. */
    const char *current_name;
    /** Cinder's id of the copy; NULL: taken from its name. */
    const char *current_id;
    /** The GUID of the copy, as its provider id says; NULL: not known. */
    const char *current_guid;
} zfssa_update_migrated_volume_args_t;

/**
 * The output of zfssa_update_provider_info(); NULL for any other result and for a failure.
 *
 * Does not block. Any thread. The view belongs to the result. Since 1.0.
 */
const zfssa_provider_info_t *zfssa_result_provider_info(const zfssa_result_t *result);

/**
 * The output of zfssa_update_migrated_volume(); NULL for any other result and for a failure.
 *
 * Does not block. Any thread. The view belongs to the result. Since 1.0.
 */
const zfssa_migrated_volume_t *zfssa_result_migrated_volume(const zfssa_result_t *result);

/**
 * Says which of the volumes and snapshots that Cinder knows exist, and by which ids the appliance
 * knows them.
 *
 * Does not block. Any thread. Result: zfssa_result_provider_info(). Since 1.0.
 */
zfssa_status_t zfssa_update_provider_info(zfssa_driver_t *driver,
                                          const zfssa_update_provider_info_args_t *args,
                                          const zfssa_call_t *call,
                                          zfssa_ticket_t *ticket,
                                          zfssa_error_t **err);

/**
 * Gives a volume that was migrated to this backend the name of the volume that it replaces. Where
 * that name is taken, the volume keeps its own, and `name_id` says so. May be repeated where the
 * GUID is given.
 *
 * Does not block. Any thread. Result: zfssa_result_migrated_volume(). Since 1.0.
 */
zfssa_status_t zfssa_update_migrated_volume(zfssa_driver_t *driver,
                                            const zfssa_update_migrated_volume_args_t *args,
                                            const zfssa_call_t *call,
                                            zfssa_ticket_t *ticket,
                                            zfssa_error_t **err);

/* -------------------------------------------------------------------------- Operations: groups */

/** What became of one volume or snapshot of a group. More members may follow in later versions. */
typedef struct zfssa_deleted_part_t {
    /** Bytes that the library filled. */
    uint32_t size;
    /** 1 when it is gone, else 0. */
    uint32_t deleted;
    /** 1 when it existed before the call, else 0. */
    uint32_t existed;
    /** The status of the failure; 0 when it is gone. */
    zfssa_status_t status;
    /** The volume's name, or volume@snapshot. */
    const char *name;
    /** Why it is not gone; empty when it is. */
    const char *error;
} zfssa_deleted_part_t;

/** What became of each part of a group. More members may follow in later versions. */
typedef struct zfssa_group_deleted_t {
    /** Bytes that the library filled. */
    uint32_t size;
    /** 1 when all are gone, else 0. */
    uint32_t all_deleted;
    /** Elements of `parts`. */
    uint32_t count;
    /** 0. */
    uint32_t reserved;
    /** Pointers to the parts, in the order of the request. */
    const zfssa_deleted_part_t *const *parts;
} zfssa_group_deleted_t;

/** What zfssa_create_group() takes. */
typedef struct zfssa_create_group_args_t {
    /** sizeof(zfssa_create_group_args_t). */
    uint32_t size;
    /** 0: there are none in this version. */
    uint32_t flags;
    /** Cinder's id; required. */
    const char *id;
} zfssa_create_group_args_t;

/** What zfssa_update_group() takes. */
typedef struct zfssa_update_group_args_t {
    /** sizeof(zfssa_update_group_args_t). */
    uint32_t size;
    /** 0: there are none in this version. */
    uint32_t flags;
    /** Cinder's id; required. */
    const char *id;
    /** The names of volumes that are added. */
    const char *const *add_volumes;
    /** The names of volumes that are taken out. */
    const char *const *remove_volumes;
    /** Elements of `add_volumes`. */
    uint32_t add_volumes_count;
    /** Elements of `remove_volumes`. */
    uint32_t remove_volumes_count;
} zfssa_update_group_args_t;

/** What zfssa_delete_group() takes. */
typedef struct zfssa_delete_group_args_t {
    /** sizeof(zfssa_delete_group_args_t). */
    uint32_t size;
    /** 0: there are none in this version. */
    uint32_t flags;
    /** Cinder's id; required. */
    const char *id;
    /** The names of its volumes. */
    const char *const *volumes;
    /** Elements of `volumes`. */
    uint32_t volumes_count;
    /** 0. */
    uint32_t reserved;
} zfssa_delete_group_args_t;

/** A volume of a group, and its snapshot. */
typedef struct zfssa_group_member_t {
    /** The LUN's name; required. */
    const char *volume;
    /** The snapshot's name; required. */
    const char *snapshot;
} zfssa_group_member_t;

/** What zfssa_create_group_snapshot() takes. */
typedef struct zfssa_create_group_snapshot_args_t {
    /** sizeof(zfssa_create_group_snapshot_args_t). */
    uint32_t size;
    /** 0: there are none in this version. */
    uint32_t flags;
    /** Cinder's id; required. */
    const char *id;
    /** The volumes and their snapshots. */
    const zfssa_group_member_t *members;
    /** Elements of `members`. */
    uint32_t members_count;
    /** 0. */
    uint32_t reserved;
} zfssa_create_group_snapshot_args_t;

/** What zfssa_delete_group_snapshot() takes. */
typedef struct zfssa_delete_group_snapshot_args_t {
    /** sizeof(zfssa_delete_group_snapshot_args_t). */
    uint32_t size;
    /** 0: there are none in this version. */
    uint32_t flags;
    /** Cinder's id; required. */
    const char *id;
    /** The volumes and their snapshots. */
    const zfssa_group_member_t *members;
    /** Elements of `members`. */
    uint32_t members_count;
    /** 0. */
    uint32_t reserved;
} zfssa_delete_group_snapshot_args_t;

/** A volume of a new group. */
typedef struct zfssa_group_clone_t {
    /** The new LUN's name; required. */
    const char *name;
    /** The source LUN's name; required. */
    const char *source_volume;
    /** The source's snapshot. NULL: the source as it is now, at one instant with all others. */
    const char *snapshot;
    /** GiB, at least the source's size. */
    uint64_t size_gib;
    /** The extra specs of the volume type. NULL: none. */
    const zfssa_pair_t *extra_specs;
    /** Elements of `extra_specs`. */
    uint32_t extra_specs_count;
    /** 0. */
    uint32_t reserved;
} zfssa_group_clone_t;

/** What zfssa_create_group_from_src() takes. */
typedef struct zfssa_create_group_from_src_args_t {
    /** sizeof(zfssa_create_group_from_src_args_t). */
    uint32_t size;
    /** 0: there are none in this version. */
    uint32_t flags;
    /** Cinder's id; required. */
    const char *id;
    /** The volumes of the new group. */
    const zfssa_group_clone_t *volumes;
    /** Elements of `volumes`. */
    uint32_t volumes_count;
    /** 0. */
    uint32_t reserved;
} zfssa_create_group_from_src_args_t;

/**
 * The output of zfssa_delete_group() and zfssa_delete_group_snapshot(); NULL for any other result and for a failure.
 *
 * Does not block. Any thread. The view belongs to the result. Since 1.0.
 */
const zfssa_group_deleted_t *zfssa_result_group_deleted(const zfssa_result_t *result);

/**
 * Makes a group. The appliance needs nothing: no request is sent.
 *
 * Does not block. Any thread. Result: none but its JSON. Since 1.0.
 */
zfssa_status_t zfssa_create_group(zfssa_driver_t *driver,
                                  const zfssa_create_group_args_t *args,
                                  const zfssa_call_t *call,
                                  zfssa_ticket_t *ticket,
                                  zfssa_error_t **err);

/**
 * Adds volumes to a group and takes others out. Nothing is changed on the appliance; volumes that
 * are added must exist.
 *
 * Does not block. Any thread. Result: none but its JSON. Since 1.0.
 */
zfssa_status_t zfssa_update_group(zfssa_driver_t *driver,
                                  const zfssa_update_group_args_t *args,
                                  const zfssa_call_t *call,
                                  zfssa_ticket_t *ticket,
                                  zfssa_error_t **err);

/**
 * Deletes the volumes of a group, clones within it first, and says of each what became of it.
 *
 * Does not block. Any thread. Result: zfssa_result_group_deleted(). Since 1.0.
 */
zfssa_status_t zfssa_delete_group(zfssa_driver_t *driver,
                                  const zfssa_delete_group_args_t *args,
                                  const zfssa_call_t *call,
                                  zfssa_ticket_t *ticket,
                                  zfssa_error_t **err);

/**
 * Takes a snapshot of all volumes of a group at one instant, or none at all. May be repeated under
 * one id.
 *
 * Does not block. Any thread. Result: zfssa_result_snapshots(). Since 1.0.
 */
zfssa_status_t zfssa_create_group_snapshot(zfssa_driver_t *driver,
                                           const zfssa_create_group_snapshot_args_t *args,
                                           const zfssa_call_t *call,
                                           zfssa_ticket_t *ticket,
                                           zfssa_error_t **err);

/**
 * Deletes the snapshots of a group, and says of each what became of it.
 *
 * Does not block. Any thread. Result: zfssa_result_group_deleted(). Since 1.0.
 */
zfssa_status_t zfssa_delete_group_snapshot(zfssa_driver_t *driver,
                                           const zfssa_delete_group_snapshot_args_t *args,
                                           const zfssa_call_t *call,
                                           zfssa_ticket_t *ticket,
                                           zfssa_error_t **err);

/**
 * Makes the volumes of a group from the snapshots of another, or from its volumes at one instant.
 * All or none.
 *
 * Does not block. Any thread. Result: zfssa_result_volumes(). Since 1.0.
 */
zfssa_status_t zfssa_create_group_from_src(zfssa_driver_t *driver,
                                           const zfssa_create_group_from_src_args_t *args,
                                           const zfssa_call_t *call,
                                           zfssa_ticket_t *ticket,
                                           zfssa_error_t **err);

/* --------------------------------------------------------------------------- Operations: audit */

/**
 * Deletes temporary snapshots and cached images that nothing depends on, takes migrations back that nobody goes on
 * with, and recovers journals.
 */
#define ZFSSA_AUDIT_FIX 1

/**
 * Deletes volumes that the host does not know, too. Refused with an empty list of volumes. A volume is deleted only if
 * it has been one for min_age_s: since it was made, managed, renamed or migrated here. One of which that is not known,
 * such as a volume of the former driver, is reported and never deleted.
 */
#define ZFSSA_AUDIT_FIX_VOLUMES 2

/** Passes over nothing, however young. */
#define ZFSSA_AUDIT_ANY_AGE 4

/** An object without an owner, or an owner without an object. More members may follow in later versions. */
typedef struct zfssa_audit_finding_t {
    /** Bytes that the library filled. */
    uint32_t size;
    /** 1 when a flag deletes it, else 0. */
    uint32_t fixable;
    /** 1 when this very call deleted it, else 0. */
    uint32_t fixed;
    /** 0. */
    uint32_t reserved;
    /** volume, temporary_snapshot, project_snapshot, snapshot, cache_entry, migration, temporary_project, replication_action, replication_package, journal, missing_volume or missing_snapshot. */
    const char *kind;
    /** Its name; a snapshot's is volume@snapshot. */
    const char *object;
    /** What is known of it, for people. */
    const char *detail;
    /** Why it could not be deleted; empty when it was, or was not to be. */
    const char *error;
} zfssa_audit_finding_t;

/** What an audit found. More members may follow in later versions. */
typedef struct zfssa_audit_report_t {
    /** Bytes that the library filled. */
    uint32_t size;
    /** How many were deleted. */
    uint32_t fixed;
    /** Elements of `findings`. */
    uint32_t findings_count;
    /** Elements of `not_looked_at`. */
    uint32_t not_looked_at_count;
    /** Pointers to what has no owner, or is missing. */
    const zfssa_audit_finding_t *const *findings;
    /** What could not be looked at, one sentence each. */
    const char *const *not_looked_at;
} zfssa_audit_report_t;

/** What zfssa_audit() takes. `args` may be NULL. */
typedef struct zfssa_audit_args_t {
    /** sizeof(zfssa_audit_args_t). */
    uint32_t size;
    /** ZFSSA_AUDIT_FIX and the others. */
    uint32_t flags;
    /** The names of all volumes that the host has on this backend. */
    const char *const *volumes;
    /** The names of all snapshots that the host has on this backend. */
    const char *const *snapshots;
    /** Elements of `volumes`. */
    uint32_t volumes_count;
    /** Elements of `snapshots`. */
    uint32_t snapshots_count;
    /** Seconds; what is younger is passed over. 0: an hour. */
    uint64_t min_age_s;
} zfssa_audit_args_t;

/**
 * The output of zfssa_audit(); NULL for any other result and for a failure.
 *
 * Does not block. Any thread. The view belongs to the result. Since 1.0.
 */
const zfssa_audit_report_t *zfssa_result_audit_report(const zfssa_result_t *result);

/**
 * Looks for objects without an owner: volumes, snapshots, cached images, leftovers of migrations,
 * journals. Without flags nothing is changed. With them only that is deleted which carries the
 * engine's mark and has nothing that depends on it.
 *
 * Does not block. Any thread. Result: zfssa_result_audit_report(). Since 1.0.
 */
zfssa_status_t zfssa_audit(zfssa_driver_t *driver,
                           const zfssa_audit_args_t *args,
                           const zfssa_call_t *call,
                           zfssa_ticket_t *ticket,
                           zfssa_error_t **err);

/* ---------------------------------------------- Operations: moving volumes to other appliances */

/** What became of a migration. More members may follow in later versions. */
typedef struct zfssa_migration_t {
    /** Bytes that the library filled. */
    uint32_t size;
    /** 1 when the volume is at the destination now; 0 when the migration was declined. */
    uint32_t migrated;
    /**
     * Why it was declined, as a name that never changes, such as no_space; NULL when it was
     * not. New ones may come in any version.
     */
    const char *declined;
    /** The same in one sentence for people; empty when it was not. */
    const char *reason;
    /** The GUID that the volume has at the destination; empty when it is not there. */
    const char *guid;
    /**
     * What could not be taken away at the source, in words for people. The volume has moved all
     * the same, and zfssa_recover() tries again, where there is a zfssa_state_dir.
     */
    const char *const *left_behind;
    /** Elements of `left_behind`. */
    uint32_t left_behind_count;
    /** 0. */
    uint32_t reserved;
} zfssa_migration_t;

/** What zfssa_migrate_volume() takes. */
typedef struct zfssa_migrate_volume_args_t {
    /** sizeof(zfssa_migrate_volume_args_t). */
    uint32_t size;
    /** 0: there are none in this version. */
    uint32_t flags;
    /** The LUN's name; required. */
    const char *name;
    /**
     * location_info among the capabilities of the destination, as zfssa_get_volume_stats() or
     * the former driver gives it there. NULL: it has none, which is a reason to decline.
     */
    const char *location_info;
    /** Cinder's status of the volume; NULL: it has none. */
    const char *status;
    /** vendor_name among the capabilities of the destination; NULL: it is known to be right. */
    const char *vendor_name;
    /** storage_protocol among them; NULL: it is known to be right. */
    const char *storage_protocol;
    /**
     * The user on the destination; NULL: the option zfssa_migration_destinations names it.
     * Recovery after a crash knows the option alone.
     */
    const char *login;
    /** The user's password; NULL without a login. It is copied and the copy wiped after use. */
    const char *password;
} zfssa_migrate_volume_args_t;

/**
 * The output of zfssa_migrate_volume(); NULL for any other result and for a failure.
 *
 * Does not block. Any thread. The view belongs to the result. Since 1.0.
 */
const zfssa_migration_t *zfssa_result_migration(const zfssa_result_t *result);

/**
 * Moves a volume to another appliance by replication; under its name it is a volume of the
 * backend there. Where that cannot be done it declines, which is a result and not an error: copy
 * the bytes then. After an error the volume is where it was, unless the outcome says otherwise.
 * It takes the time that the data take, so give a time limit that fits the volume.
 *
 * Does not block. Any thread. Result: zfssa_result_migration(). Since 1.0.
 */
zfssa_status_t zfssa_migrate_volume(zfssa_driver_t *driver,
                                    const zfssa_migrate_volume_args_t *args,
                                    const zfssa_call_t *call,
                                    zfssa_ticket_t *ticket,
                                    zfssa_error_t **err);

/* --------------------------------------------------------------------------------------- Table */

/**
 * Every function, by its name without the prefix, in the order in which they were introduced.
 * Later versions append slots; `size` tells how many there are.
 */
typedef struct zfssa_vtable_t zfssa_vtable_t;

struct zfssa_vtable_t {
    /** Bytes of the table. */
    uint32_t size;
    /** As zfssa_abi_version(). */
    uint32_t abi;
    const char *(*version)(void);
    uint32_t (*abi_version)(void);
    uint64_t (*objects_alive)(void);
    const zfssa_error_info_t *(*error_info)(const zfssa_error_t *error);
    const char *(*error_json)(const zfssa_error_t *error, uint64_t *length);
    void (*error_free)(zfssa_error_t *error);
    const char *(*status_name)(zfssa_status_t status);
    const char *(*status_description)(zfssa_status_t status);
    uint32_t (*status_retryable)(zfssa_status_t status);
    const char *(*outcome_name)(zfssa_outcome_t outcome);
    zfssa_status_t (*config_new)(zfssa_config_t **config, zfssa_error_t **err);
    zfssa_status_t (*config_set)(
        zfssa_config_t *config,
        const char *name,
        const char *value,
        zfssa_error_t **err);
    zfssa_status_t (*config_load_toml)(
        zfssa_config_t *config,
        const char *path,
        const char *section,
        zfssa_error_t **err);
    zfssa_status_t (*config_load_cinder_conf)(
        zfssa_config_t *config,
        const char *path,
        const char *section,
        zfssa_error_t **err);
    zfssa_status_t (*config_parse_toml)(
        zfssa_config_t *config,
        const char *toml,
        const char *section,
        zfssa_error_t **err);
    zfssa_status_t (*config_parse_cinder_conf)(
        zfssa_config_t *config,
        const char *conf,
        const char *section,
        zfssa_error_t **err);
    zfssa_status_t (*config_validate)(const zfssa_config_t *config, zfssa_error_t **err);
    void (*config_free)(zfssa_config_t *config);
    uint32_t (*option_count)(void);
    const zfssa_option_t *(*option_at)(uint32_t index);
    zfssa_status_t (*driver_new)(
        const zfssa_config_t *config,
        zfssa_driver_t **driver,
        zfssa_error_t **err);
    zfssa_status_t (*driver_close)(
        zfssa_driver_t *driver,
        uint32_t how,
        int64_t timeout_ms,
        zfssa_error_t **err);
    void (*driver_free)(zfssa_driver_t *driver);
    zfssa_status_t (*driver_set_log)(
        zfssa_driver_t *driver,
        uint32_t level,
        zfssa_log_t function,
        void *context,
        zfssa_drop_t drop,
        zfssa_error_t **err);
    zfssa_status_t (*queue_new)(zfssa_queue_t **queue, zfssa_error_t **err);
    zfssa_status_t (*queue_next)(
        zfssa_queue_t *queue,
        zfssa_event_t *events,
        uint32_t event_size,
        uint32_t max,
        int64_t timeout_ms,
        uint32_t *count,
        zfssa_error_t **err);
    zfssa_status_t (*queue_fd)(zfssa_queue_t *queue, int32_t *fd, zfssa_error_t **err);
    zfssa_status_t (*queue_wake)(zfssa_queue_t *queue, zfssa_error_t **err);
    void (*queue_free)(zfssa_queue_t *queue);
    zfssa_status_t (*wait)(
        zfssa_ticket_t ticket,
        int64_t timeout_ms,
        zfssa_result_t **result,
        zfssa_error_t **err);
    zfssa_status_t (*cancel)(zfssa_ticket_t ticket, zfssa_error_t **err);
    zfssa_status_t (*detach)(zfssa_ticket_t ticket, zfssa_error_t **err);
    zfssa_status_t (*result_status)(const zfssa_result_t *result);
    const zfssa_error_t *(*result_error)(const zfssa_result_t *result);
    const char *(*result_operation)(const zfssa_result_t *result);
    zfssa_ticket_t (*result_ticket)(const zfssa_result_t *result);
    uint64_t (*result_user_data)(const zfssa_result_t *result);
    uint32_t (*result_requests)(const zfssa_result_t *result);
    uint64_t (*result_elapsed_us)(const zfssa_result_t *result);
    const char *(*result_json)(const zfssa_result_t *result, uint64_t *length);
    void (*result_free)(zfssa_result_t *result);
    zfssa_status_t (*echo)(
        zfssa_driver_t *driver,
        const zfssa_echo_args_t *args,
        const zfssa_call_t *call,
        zfssa_ticket_t *ticket,
        zfssa_error_t **err);
    const zfssa_echoed_t *(*result_echo)(const zfssa_result_t *result);
    zfssa_status_t (*do_setup)(
        zfssa_driver_t *driver,
        const zfssa_do_setup_args_t *args,
        const zfssa_call_t *call,
        zfssa_ticket_t *ticket,
        zfssa_error_t **err);
    zfssa_status_t (*check_for_setup_error)(
        zfssa_driver_t *driver,
        const zfssa_check_for_setup_error_args_t *args,
        const zfssa_call_t *call,
        zfssa_ticket_t *ticket,
        zfssa_error_t **err);
    zfssa_status_t (*get_certificate)(
        zfssa_driver_t *driver,
        const zfssa_get_certificate_args_t *args,
        const zfssa_call_t *call,
        zfssa_ticket_t *ticket,
        zfssa_error_t **err);
    const zfssa_setup_report_t *(*result_setup_report)(const zfssa_result_t *result);
    const zfssa_check_report_t *(*result_check_report)(const zfssa_result_t *result);
    const zfssa_certificate_t *(*result_certificate)(const zfssa_result_t *result);
    zfssa_status_t (*create_volume)(
        zfssa_driver_t *driver,
        const zfssa_create_volume_args_t *args,
        const zfssa_call_t *call,
        zfssa_ticket_t *ticket,
        zfssa_error_t **err);
    zfssa_status_t (*delete_volume)(
        zfssa_driver_t *driver,
        const zfssa_delete_volume_args_t *args,
        const zfssa_call_t *call,
        zfssa_ticket_t *ticket,
        zfssa_error_t **err);
    zfssa_status_t (*extend_volume)(
        zfssa_driver_t *driver,
        const zfssa_extend_volume_args_t *args,
        const zfssa_call_t *call,
        zfssa_ticket_t *ticket,
        zfssa_error_t **err);
    zfssa_status_t (*get_volume)(
        zfssa_driver_t *driver,
        const zfssa_get_volume_args_t *args,
        const zfssa_call_t *call,
        zfssa_ticket_t *ticket,
        zfssa_error_t **err);
    zfssa_status_t (*list_volumes)(
        zfssa_driver_t *driver,
        const zfssa_list_volumes_args_t *args,
        const zfssa_call_t *call,
        zfssa_ticket_t *ticket,
        zfssa_error_t **err);
    const zfssa_volume_t *(*result_volume)(const zfssa_result_t *result);
    const zfssa_volumes_t *(*result_volumes)(const zfssa_result_t *result);
    const zfssa_deleted_t *(*result_deleted)(const zfssa_result_t *result);
    zfssa_status_t (*create_snapshot)(
        zfssa_driver_t *driver,
        const zfssa_create_snapshot_args_t *args,
        const zfssa_call_t *call,
        zfssa_ticket_t *ticket,
        zfssa_error_t **err);
    zfssa_status_t (*delete_snapshot)(
        zfssa_driver_t *driver,
        const zfssa_delete_snapshot_args_t *args,
        const zfssa_call_t *call,
        zfssa_ticket_t *ticket,
        zfssa_error_t **err);
    zfssa_status_t (*list_snapshots)(
        zfssa_driver_t *driver,
        const zfssa_list_snapshots_args_t *args,
        const zfssa_call_t *call,
        zfssa_ticket_t *ticket,
        zfssa_error_t **err);
    const zfssa_snapshot_t *(*result_snapshot)(const zfssa_result_t *result);
    const zfssa_snapshots_t *(*result_snapshots)(const zfssa_result_t *result);
    zfssa_status_t (*create_volume_from_snapshot)(
        zfssa_driver_t *driver,
        const zfssa_create_volume_from_snapshot_args_t *args,
        const zfssa_call_t *call,
        zfssa_ticket_t *ticket,
        zfssa_error_t **err);
    zfssa_status_t (*create_cloned_volume)(
        zfssa_driver_t *driver,
        const zfssa_create_cloned_volume_args_t *args,
        const zfssa_call_t *call,
        zfssa_ticket_t *ticket,
        zfssa_error_t **err);
    zfssa_status_t (*initialize_connection)(
        zfssa_driver_t *driver,
        const zfssa_initialize_connection_args_t *args,
        const zfssa_call_t *call,
        zfssa_ticket_t *ticket,
        zfssa_error_t **err);
    zfssa_status_t (*terminate_connection)(
        zfssa_driver_t *driver,
        const zfssa_terminate_connection_args_t *args,
        const zfssa_call_t *call,
        zfssa_ticket_t *ticket,
        zfssa_error_t **err);
    const zfssa_connection_t *(*result_connection)(const zfssa_result_t *result);
    const zfssa_detached_t *(*result_detached)(const zfssa_result_t *result);
    zfssa_status_t (*create_export)(
        zfssa_driver_t *driver,
        const zfssa_create_export_args_t *args,
        const zfssa_call_t *call,
        zfssa_ticket_t *ticket,
        zfssa_error_t **err);
    zfssa_status_t (*remove_export)(
        zfssa_driver_t *driver,
        const zfssa_remove_export_args_t *args,
        const zfssa_call_t *call,
        zfssa_ticket_t *ticket,
        zfssa_error_t **err);
    zfssa_status_t (*ensure_export)(
        zfssa_driver_t *driver,
        const zfssa_ensure_export_args_t *args,
        const zfssa_call_t *call,
        zfssa_ticket_t *ticket,
        zfssa_error_t **err);
    zfssa_status_t (*get_volume_stats)(
        zfssa_driver_t *driver,
        const zfssa_get_volume_stats_args_t *args,
        const zfssa_call_t *call,
        zfssa_ticket_t *ticket,
        zfssa_error_t **err);
    const zfssa_volume_stats_t *(*result_volume_stats)(const zfssa_result_t *result);
    const zfssa_vtable_t *(*get_vtable)(uint32_t abi_major, uint32_t min_size);
    zfssa_status_t (*manage_existing)(
        zfssa_driver_t *driver,
        const zfssa_manage_existing_args_t *args,
        const zfssa_call_t *call,
        zfssa_ticket_t *ticket,
        zfssa_error_t **err);
    zfssa_status_t (*manage_existing_get_size)(
        zfssa_driver_t *driver,
        const zfssa_manage_existing_get_size_args_t *args,
        const zfssa_call_t *call,
        zfssa_ticket_t *ticket,
        zfssa_error_t **err);
    zfssa_status_t (*unmanage)(
        zfssa_driver_t *driver,
        const zfssa_unmanage_args_t *args,
        const zfssa_call_t *call,
        zfssa_ticket_t *ticket,
        zfssa_error_t **err);
    const zfssa_managed_t *(*result_managed)(const zfssa_result_t *result);
    const zfssa_existing_size_t *(*result_existing_size)(const zfssa_result_t *result);
    const zfssa_unmanaged_t *(*result_unmanaged)(const zfssa_result_t *result);
    zfssa_status_t (*manage_existing_snapshot)(
        zfssa_driver_t *driver,
        const zfssa_manage_existing_snapshot_args_t *args,
        const zfssa_call_t *call,
        zfssa_ticket_t *ticket,
        zfssa_error_t **err);
    zfssa_status_t (*manage_existing_snapshot_get_size)(
        zfssa_driver_t *driver,
        const zfssa_manage_existing_snapshot_get_size_args_t *args,
        const zfssa_call_t *call,
        zfssa_ticket_t *ticket,
        zfssa_error_t **err);
    zfssa_status_t (*unmanage_snapshot)(
        zfssa_driver_t *driver,
        const zfssa_unmanage_snapshot_args_t *args,
        const zfssa_call_t *call,
        zfssa_ticket_t *ticket,
        zfssa_error_t **err);
    const zfssa_managed_snapshot_t *(*result_managed_snapshot)(const zfssa_result_t *result);
    zfssa_status_t (*get_manageable_volumes)(
        zfssa_driver_t *driver,
        const zfssa_get_manageable_volumes_args_t *args,
        const zfssa_call_t *call,
        zfssa_ticket_t *ticket,
        zfssa_error_t **err);
    zfssa_status_t (*get_manageable_snapshots)(
        zfssa_driver_t *driver,
        const zfssa_get_manageable_snapshots_args_t *args,
        const zfssa_call_t *call,
        zfssa_ticket_t *ticket,
        zfssa_error_t **err);
    const zfssa_manageable_t *(*result_manageable)(const zfssa_result_t *result);
    zfssa_status_t (*recover)(
        zfssa_driver_t *driver,
        const zfssa_recover_args_t *args,
        const zfssa_call_t *call,
        zfssa_ticket_t *ticket,
        zfssa_error_t **err);
    const zfssa_recover_report_t *(*result_recover_report)(const zfssa_result_t *result);
    zfssa_status_t (*revert_to_snapshot)(
        zfssa_driver_t *driver,
        const zfssa_revert_to_snapshot_args_t *args,
        const zfssa_call_t *call,
        zfssa_ticket_t *ticket,
        zfssa_error_t **err);
    zfssa_status_t (*retype)(
        zfssa_driver_t *driver,
        const zfssa_retype_args_t *args,
        const zfssa_call_t *call,
        zfssa_ticket_t *ticket,
        zfssa_error_t **err);
    const zfssa_retyped_t *(*result_retyped)(const zfssa_result_t *result);
    zfssa_status_t (*update_provider_info)(
        zfssa_driver_t *driver,
        const zfssa_update_provider_info_args_t *args,
        const zfssa_call_t *call,
        zfssa_ticket_t *ticket,
        zfssa_error_t **err);
    zfssa_status_t (*update_migrated_volume)(
        zfssa_driver_t *driver,
        const zfssa_update_migrated_volume_args_t *args,
        const zfssa_call_t *call,
        zfssa_ticket_t *ticket,
        zfssa_error_t **err);
    const zfssa_provider_info_t *(*result_provider_info)(const zfssa_result_t *result);
    const zfssa_migrated_volume_t *(*result_migrated_volume)(const zfssa_result_t *result);
    zfssa_status_t (*create_group)(
        zfssa_driver_t *driver,
        const zfssa_create_group_args_t *args,
        const zfssa_call_t *call,
        zfssa_ticket_t *ticket,
        zfssa_error_t **err);
    zfssa_status_t (*update_group)(
        zfssa_driver_t *driver,
        const zfssa_update_group_args_t *args,
        const zfssa_call_t *call,
        zfssa_ticket_t *ticket,
        zfssa_error_t **err);
    zfssa_status_t (*delete_group)(
        zfssa_driver_t *driver,
        const zfssa_delete_group_args_t *args,
        const zfssa_call_t *call,
        zfssa_ticket_t *ticket,
        zfssa_error_t **err);
    zfssa_status_t (*create_group_snapshot)(
        zfssa_driver_t *driver,
        const zfssa_create_group_snapshot_args_t *args,
        const zfssa_call_t *call,
        zfssa_ticket_t *ticket,
        zfssa_error_t **err);
    zfssa_status_t (*delete_group_snapshot)(
        zfssa_driver_t *driver,
        const zfssa_delete_group_snapshot_args_t *args,
        const zfssa_call_t *call,
        zfssa_ticket_t *ticket,
        zfssa_error_t **err);
    zfssa_status_t (*create_group_from_src)(
        zfssa_driver_t *driver,
        const zfssa_create_group_from_src_args_t *args,
        const zfssa_call_t *call,
        zfssa_ticket_t *ticket,
        zfssa_error_t **err);
    const zfssa_group_deleted_t *(*result_group_deleted)(const zfssa_result_t *result);
    zfssa_status_t (*audit)(
        zfssa_driver_t *driver,
        const zfssa_audit_args_t *args,
        const zfssa_call_t *call,
        zfssa_ticket_t *ticket,
        zfssa_error_t **err);
    const zfssa_audit_report_t *(*result_audit_report)(const zfssa_result_t *result);
    const zfssa_progress_t *(*result_progress)(const zfssa_result_t *result);
    zfssa_status_t (*migrate_volume)(
        zfssa_driver_t *driver,
        const zfssa_migrate_volume_args_t *args,
        const zfssa_call_t *call,
        zfssa_ticket_t *ticket,
        zfssa_error_t **err);
    const zfssa_migration_t *(*result_migration)(const zfssa_result_t *result);
    zfssa_status_t (*clone_image)(
        zfssa_driver_t *driver,
        const zfssa_clone_image_args_t *args,
        const zfssa_call_t *call,
        zfssa_ticket_t *ticket,
        zfssa_error_t **err);
    const zfssa_cloned_image_t *(*result_cloned_image)(const zfssa_result_t *result);
    zfssa_status_t (*transfer_finish)(
        zfssa_ticket_t ticket,
        zfssa_status_t status,
        const char *message,
        zfssa_error_t **err);
};

/**
 * All functions in one static table, for hosts that load the library with dlopen(): one dlsym()
 * for this name is enough. The table has a slot for every function, in the order in which they
 * were introduced; later versions append slots.
 *
 * `abi_major`: ZFSSA_ABI_MAJOR. `min_size`: the bytes of the table that the host needs, such as
 * sizeof(zfssa_vtable_t). NULL when this library cannot serve the host: it has another major
 * version, or a shorter table.
 *
 * Does not block. Any thread. The table is static. Since 1.0.
 */
const zfssa_vtable_t *zfssa_get_vtable(uint32_t abi_major, uint32_t min_size);

#ifdef __cplusplus
}
#endif

#endif /* ZFSSA_H */
