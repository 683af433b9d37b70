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
 *   Versions             zfssa_version zfssa_abi_version zfssa_objects_alive
 *   Types                zfssa_driver_t, zfssa_ticket_t and the other objects
 *   Limits               ZFSSA_MAX_...
 *   Status codes         zfssa_status_name zfssa_status_description zfssa_status_retryable
 *                        zfssa_outcome_name
 *   Errors               zfssa_error_info zfssa_error_json zfssa_error_free
 *   Configuration        zfssa_config_new zfssa_config_set zfssa_config_load_cinder_conf
 *                        zfssa_config_load_toml zfssa_config_parse_cinder_conf
 *                        zfssa_config_parse_toml zfssa_config_validate zfssa_config_free
 *   Options              zfssa_option_count zfssa_option_at
 *   Driver               zfssa_driver_new zfssa_driver_close zfssa_driver_free
 *   Call                 zfssa_call_t, zfssa_callback_t, zfssa_drop_t
 *   Tickets              zfssa_ticket_wait zfssa_ticket_cancel zfssa_ticket_abandon
 *   Results              zfssa_result_status zfssa_result_error zfssa_result_operation
 *                        zfssa_result_ticket zfssa_result_user_data zfssa_result_traceparent
 *                        zfssa_result_requests zfssa_result_elapsed_us zfssa_result_json
 *                        zfssa_result_free
 *   Queues               zfssa_queue_new zfssa_queue_next zfssa_queue_fd zfssa_queue_wake
 *                        zfssa_queue_free
 *   Progress             zfssa_result_progress
 *   Image transfer       zfssa_transfer_finish
 *   Log                  zfssa_driver_set_log zfssa_driver_set_log_queue
 *   Metrics              zfssa_driver_metrics zfssa_metrics_values zfssa_metrics_prometheus
 *                        zfssa_metrics_free
 *   Setup                zfssa_echo zfssa_get_certificate zfssa_check_for_setup_error
 *                        zfssa_do_setup
 *   Statistics           zfssa_get_volume_stats
 *   Volumes              zfssa_create_volume zfssa_delete_volume zfssa_extend_volume
 *                        zfssa_get_volume zfssa_list_volumes
 *   Snapshots            zfssa_create_snapshot zfssa_delete_snapshot zfssa_list_snapshots
 *                        zfssa_revert_to_snapshot
 *   Clones               zfssa_create_volume_from_snapshot zfssa_create_cloned_volume
 *                        zfssa_clone_image
 *   Connections          zfssa_initialize_connection zfssa_terminate_connection zfssa_create_export
 *                        zfssa_ensure_export zfssa_remove_export
 *   Existing volumes     zfssa_get_manageable_volumes zfssa_manage_existing_get_size
 *                        zfssa_manage_existing zfssa_unmanage
 *   Existing snapshots   zfssa_get_manageable_snapshots zfssa_manage_existing_snapshot_get_size
 *                        zfssa_manage_existing_snapshot zfssa_unmanage_snapshot
 *   Retype and migration zfssa_retype zfssa_migrate_volume zfssa_update_migrated_volume
 *                        zfssa_update_provider_info
 *   Groups               zfssa_create_group zfssa_update_group zfssa_delete_group
 *                        zfssa_create_group_snapshot zfssa_delete_group_snapshot
 *                        zfssa_create_group_from_src
 *   Recovery and audit   zfssa_recover zfssa_audit
 *   API tokens           zfssa_create_api_token
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

#ifndef ZFSSA_H
#define ZFSSA_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------------------------------------------- */
/** @name Versions
 * @{ */

/** Version of this header. */
#define ZFSSA_VERSION "1.0.0"

/**
 * ABI major version, equal to the number in the SONAME (libzfssa.so.1). It changes only if
 * compatibility is broken.
 */
#define ZFSSA_ABI_MAJOR 1
/**
 * ABI minor version. It grows with each release that adds a function or a member; a program needs a
 * library whose minor version is at least that of its header.
 */
#define ZFSSA_ABI_MINOR 0

/** Version of the library, such as "1.0.0". Never NULL. The text is static. */
const char *zfssa_version(void);

/**
 * ABI version of the library: the major version in the upper 16 bits, the minor version in the
 * lower 16. See ZFSSA_ABI_MAJOR.
 */
uint32_t zfssa_abi_version(void);

/**
 * Number of objects of this library that the process holds and has not freed. Tests of a host
 * should find 0 at their end.
 */
uint64_t zfssa_objects_alive(void);

/** @} */

/* ---------------------------------------------------------------------------------------------- */
/** @name Types
 * @{ */

/**
 * Configuration of one backend. Values may come from several sources; a later source overrides an
 * earlier one. zfssa_config_validate() and zfssa_driver_new() report all errors together. Values
 * cannot be read back.
 */
typedef struct zfssa_config_t zfssa_config_t;

/** Driver of one backend: an appliance, a pool and a project. */
typedef struct zfssa_driver_t zfssa_driver_t;

/** Completion queue. Several drivers may post to it and several threads may read from it. */
typedef struct zfssa_queue_t zfssa_queue_t;

/**
 * Result of an operation. Immutable, and independent of the driver and the queue. The receiver owns
 * it and frees it with zfssa_result_free(). Everything that its functions return belongs to it and
 * is valid until then.
 */
typedef struct zfssa_result_t zfssa_result_t;

/**
 * Error. Immutable. The caller that received it through an `err` parameter owns it and frees it
 * with zfssa_error_free().
 */
typedef struct zfssa_error_t zfssa_error_t;

/**
 * Snapshot of a driver's metrics. Immutable, and independent of the driver. The caller that
 * received it owns it and frees it with zfssa_metrics_free(). Everything that its functions return
 * belongs to it and is valid until then.
 */
typedef struct zfssa_metrics_t zfssa_metrics_t;

/**
 * Ticket of an operation: a number, never 0 and never reused. It is not freed; a stale ticket is
 * refused with ZFSSA_E_STALE.
 */
typedef uint64_t zfssa_ticket_t;

/** A key and its value. */
typedef struct zfssa_pair_t {
    const char *key;   /**< The key; required. */
    const char *value; /**< The value; required, may be empty. */
} zfssa_pair_t;

/** @} */

/* ---------------------------------------------------------------------------------------------- */
/** @name Limits
 * @{ */

/** Maximum length of a name or other short text, in bytes without the NUL. */
#define ZFSSA_MAX_NAME 4096
/** Maximum length of a configuration text or an echo message, in bytes without the NUL. */
#define ZFSSA_MAX_TEXT 1048576
/** Maximum number of elements in an array of an argument structure. */
#define ZFSSA_MAX_ITEMS 1048576

/** @} */

/* ---------------------------------------------------------------------------------------------- */
/** @name Status codes
 * @{ */

/**
 * Status of a call: ZFSSA_OK, or one of the negative ZFSSA_E_ numbers, which never change. The
 * hundreds are classes: -1 to -99 caller and library, -100 to -199 transport, -200 to -299 response
 * of the appliance, -300 to -399 driver. Treat an unknown status by its class (status / 100).
 */
typedef int32_t zfssa_status_t;

#define ZFSSA_OK 0 /**< Success. */
#define ZFSSA_E_INVALID_ARGUMENT (-1)     /**< An argument is missing, malformed or out of range. */
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
#define ZFSSA_E_DEADLINE (-13)            /**< The operation's deadline passed. */
/** The driver was closed or freed while the operation was in flight. */
#define ZFSSA_E_SHUTDOWN (-14)
/** A local file, directory or resource could not be used. */
#define ZFSSA_E_LOCAL_IO (-15)
#define ZFSSA_E_RESOLVE (-100)            /**< The appliance's host name could not be resolved. */
#define ZFSSA_E_CONNECT (-101)            /**< No connection to the appliance could be made. */
/** The appliance's certificate or the TLS handshake was not acceptable. */
#define ZFSSA_E_TLS (-102)
/** The appliance's certificate matches none of the configured pins. */
#define ZFSSA_E_TLS_PIN (-103)
#define ZFSSA_E_CONNECTION_LOST (-104)    /**< The connection broke before the answer arrived. */
#define ZFSSA_E_REQUEST_TIMEOUT (-105)    /**< The appliance did not answer a request in time. */
#define ZFSSA_E_PROTOCOL (-106)           /**< The answer was not what the REST API promises. */
/** The coordination service (etcd) could not be used, or this host's locks there may have ended. */
#define ZFSSA_E_COORDINATION (-107)
#define ZFSSA_E_UNAUTHENTICATED (-200)    /**< The appliance refused the login. */
/** The user lacks an authorization, or the object is protected. */
#define ZFSSA_E_DENIED (-201)
/** The object, or the parent it should be in, does not exist. */
#define ZFSSA_E_NOT_FOUND (-202)
#define ZFSSA_E_EXISTS (-203)             /**< An object of this name exists. */
/** The appliance is busy (503) and stayed so for all attempts. */
#define ZFSSA_E_BUSY (-204)
/** The object changed while the appliance worked on the request. */
#define ZFSSA_E_STATE_CHANGED (-205)
/** The appliance wants a confirmation, which is never sent unasked. */
#define ZFSSA_E_CONFIRM_REQUIRED (-206)
#define ZFSSA_E_OVER_LIMIT (-207)         /**< A limit of the appliance is exceeded. */
#define ZFSSA_E_INVALID_VALUE (-208)      /**< The appliance refused a value or a property. */
#define ZFSSA_E_NOT_IMPLEMENTED (-209)    /**< The appliance does not implement the request. */
/** The REST service is disabled, or the appliance's software predates it. */
#define ZFSSA_E_REST_UNAVAILABLE (-210)
#define ZFSSA_E_FAULT (-211)              /**< The appliance reported an internal fault. */
#define ZFSSA_E_NO_SPACE (-212)           /**< The pool or project has not enough space. */
#define ZFSSA_E_VOLUME_NOT_FOUND (-300)   /**< The volume does not exist. */
#define ZFSSA_E_SNAPSHOT_NOT_FOUND (-301) /**< The snapshot does not exist. */
/** The volume has snapshots or clones that depend on it; the message names them. */
#define ZFSSA_E_VOLUME_BUSY (-302)
/** The snapshot has clones that depend on it; the message names them. */
#define ZFSSA_E_SNAPSHOT_BUSY (-303)
/** A volume of this name exists and differs from what was asked for. */
#define ZFSSA_E_VOLUME_EXISTS (-304)
/** A snapshot of this name exists and is not the one asked for. */
#define ZFSSA_E_SNAPSHOT_EXISTS (-305)
#define ZFSSA_E_INVALID_SIZE (-306)       /**< The size is smaller than the volume or its source. */
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

/**
 * Name of a status without the prefix, such as VOLUME_BUSY; OK for 0, UNKNOWN for an unknown
 * number. Never NULL. The text is static.
 */
const char *zfssa_status_name(zfssa_status_t status);

/** Description of a status, in one sentence. Never NULL. The text is static. */
const char *zfssa_status_description(zfssa_status_t status);

/** 1 if the same call may succeed later without any change, else 0. */
uint32_t zfssa_status_retryable(zfssa_status_t status);

/** Whether a failed operation changed the appliance: a ZFSSA_OUTCOME_ number. */
typedef uint32_t zfssa_outcome_t;

#define ZFSSA_OUTCOME_NONE 0     /**< Nothing that could change the appliance was sent. */
#define ZFSSA_OUTCOME_REJECTED 1 /**< The appliance refused and is as it was before. */
#define ZFSSA_OUTCOME_APPLIED 2  /**< The change was made. */
/** A change was sent, its answer was lost, and reading back could not settle it. */
#define ZFSSA_OUTCOME_UNKNOWN 3
#define ZFSSA_OUTCOME_ROLLED_BACK 4 /**< Steps were made and all of them were rolled back. */
/** Steps were made and some are left; the error names the objects. */
#define ZFSSA_OUTCOME_PARTIAL 5

/**
 * Name of an outcome without the prefix, such as ROLLED_BACK; INVALID for an unknown number. Never
 * NULL. The text is static.
 */
const char *zfssa_outcome_name(zfssa_outcome_t outcome);

/** @} */

/* ---------------------------------------------------------------------------------------------- */
/** @name Errors
 * @{ */

/** The details of an error. Contains no secrets. */
typedef struct zfssa_error_info_t {
    uint32_t size;
    zfssa_status_t status;   /**< Status. */
    zfssa_outcome_t outcome; /**< Whether the appliance was changed. */
    /** 1 if the same call may succeed later without any change, else 0. */
    uint32_t retryable;
    uint32_t http_status;    /**< HTTP status of the response; 0 without a response. */
    /** Number of times that the failed request was sent; 0 if it was not. */
    uint32_t attempts;
    /** Wait that the appliance asked for, in milliseconds; -1 if it did not. */
    int64_t retry_after_ms;
    /** Operation, resource, message, causes and objects left behind, in one line. */
    const char *text;
    const char *message;     /**< Failure and remedy, in one sentence. */
    /** Fault name of the appliance, such as ERR_OBJECT_EXISTS; NULL if there is none. */
    const char *fault;
    const char *operation;   /**< Operation, such as create_volume; NULL outside of operations. */
    const char *resource;    /**< Object of the operation; NULL if there is none. */
    /** Objects that the rollback could not remove; see ZFSSA_OUTCOME_PARTIAL. */
    const char *const *left_behind;
    /** Underlying messages, outermost first. For ZFSSA_E_CONFIG, one for each problem. */
    const char *const *causes;
    uint32_t left_behind_count;
    uint32_t causes_count;
} zfssa_error_info_t;

/** Details of an error; NULL for NULL and for a freed error. They belong to the error. */
const zfssa_error_info_t *zfssa_error_info(const zfssa_error_t *error);

/**
 * The details as a JSON object, with `status_name` and `outcome_name` in addition to the numbers.
 * `length` receives the bytes without the NUL, and may be NULL. Returns NULL, and 0 in `length`,
 * for NULL and for a freed error. The text belongs to the error.
 */
const char *zfssa_error_json(const zfssa_error_t *error, uint64_t *length);

/** Frees an error. NULL is ignored, and so is an error that belongs to a result. */
void zfssa_error_free(zfssa_error_t *error);

/** @} */

/* ---------------------------------------------------------------------------------------------- */
/** @name Configuration
 * @{ */

/**
 * Creates an empty configuration.
 *
 * `config`: free it with zfssa_config_free(); NULL on failure.
 */
zfssa_status_t zfssa_config_new(zfssa_config_t **config, zfssa_error_t **err);

/**
 * Sets one option. `name`: as zfssa_option_at() lists it. `value`: NULL restores the default; the
 * text is copied, and the copy is wiped when it is freed.
 */
zfssa_status_t zfssa_config_set(zfssa_config_t *config, const char *name, const char *value,
                                zfssa_error_t **err);

/**
 * Adds the options of a section of cinder.conf, parsed as Cinder parses it, with [backend_defaults]
 * as their defaults. Options of other software are ignored. An unreadable file is reported by
 * zfssa_config_validate(), like any other problem. Reads the file before it returns.
 */
zfssa_status_t zfssa_config_load_cinder_conf(zfssa_config_t *config, const char *path,
                                             const char *section, zfssa_error_t **err);

/**
 * Adds the options of a TOML file, from its top level (`section` NULL) or from the table `section`;
 * dots separate nested tables. An unreadable file is reported by zfssa_config_validate(), like any
 * other problem. Reads the file before it returns.
 */
zfssa_status_t zfssa_config_load_toml(zfssa_config_t *config, const char *path, const char *section,
                                      zfssa_error_t **err);

/** Like zfssa_config_load_cinder_conf(), from a text of up to ZFSSA_MAX_TEXT bytes. */
zfssa_status_t zfssa_config_parse_cinder_conf(zfssa_config_t *config, const char *conf,
                                              const char *section, zfssa_error_t **err);

/** Like zfssa_config_load_toml(), from a text of up to ZFSSA_MAX_TEXT bytes. */
zfssa_status_t zfssa_config_parse_toml(zfssa_config_t *config, const char *toml,
                                       const char *section, zfssa_error_t **err);

/**
 * Validates the configuration. Fails with ZFSSA_E_CONFIG and one cause for each problem. Accesses
 * neither the network nor the files that options name.
 */
zfssa_status_t zfssa_config_validate(const zfssa_config_t *config, zfssa_error_t **err);

/**
 * Frees a configuration and wipes its values. NULL is ignored. Drivers created from it keep
 * working.
 */
void zfssa_config_free(zfssa_config_t *config);

/** @} */

/* ---------------------------------------------------------------------------------------------- */
/** @name Options
 * @{ */

#define ZFSSA_OPTION_REQUIRED 1 /**< The option is required. */
#define ZFSSA_OPTION_SECRET 2   /**< The value is a secret and never printed. */
#define ZFSSA_OPTION_BOUNDED 4  /**< `min` and `max` are valid. */
#define ZFSSA_ORIGIN_CINDER 0    /**< Cinder registers the option for every driver. */
/** Cinder's former driver had the option; name and default are the same. */
#define ZFSSA_ORIGIN_REFERENCE 1
#define ZFSSA_ORIGIN_LIBRARY 2   /**< The option exists only in this library. */

/** Number of options. */
uint32_t zfssa_option_count(void);

/** An option of the configuration. Static. */
typedef struct zfssa_option_t {
    uint32_t size;
    /** ZFSSA_OPTION_REQUIRED, ZFSSA_OPTION_SECRET and ZFSSA_OPTION_BOUNDED. */
    uint32_t flags;
    const char *name;           /**< Name, as in cinder.conf. */
    /**
     * Syntax of the value: text, name, secret, integer, boolean, choice, block-size, list, path,
     * host, portals, initiator-names, initiator-config, fingerprints, ratio, url or destinations.
     */
    const char *kind;
    const char *default_value;  /**< Default; NULL if there is none. */
    const char *help;           /**< Description, in one paragraph. */
    const char *unit;           /**< Unit of the number; NULL if there is none. */
    const char *deprecated;     /**< Replacement; NULL unless the option is deprecated. */
    const char *since;          /**< First version with this option. */
    const char *const *choices; /**< Allowed values; NULL if there is no such list. */
    uint32_t choices_count;
    uint32_t origin;            /**< One of the ZFSSA_ORIGIN_ numbers. */
    int64_t min;                /**< Minimum, with ZFSSA_OPTION_BOUNDED. */
    int64_t max;                /**< Maximum, with ZFSSA_OPTION_BOUNDED. */
} zfssa_option_t;

/**
 * Option number `index`, 0 to zfssa_option_count() - 1, in the order of the documentation; NULL
 * beyond. The option is static.
 */
const zfssa_option_t *zfssa_option_at(uint32_t index);

/** @} */

/* ---------------------------------------------------------------------------------------------- */
/** @name Driver
 * @{ */

/**
 * Creates a driver. Sends nothing to the appliance. The configuration is copied and may be freed at
 * once. Fails with ZFSSA_E_CONFIG, which lists all problems of the configuration.
 *
 * The first driver of a process starts the engine's threads, zfssa_worker_threads in number; all
 * drivers share them, and they end with the last driver. The first driver with zfssa_state_dir
 * starts the thread for files, the first with a host name the thread for lookups. Fails with
 * ZFSSA_E_LOCAL_IO if a thread cannot be started; threads already started end.
 *
 * `driver`: free it with zfssa_driver_free(); NULL on failure.
 *
 * Reads the files that options name before it returns.
 */
zfssa_status_t zfssa_driver_new(const zfssa_config_t *config, zfssa_driver_t **driver,
                                zfssa_error_t **err);

#define ZFSSA_CLOSE_DRAIN 0  /**< Close: wait for the operations in flight. */
#define ZFSSA_CLOSE_CANCEL 1 /**< Close: cancel the operations in flight; they roll back. */

/**
 * Closes a driver: it refuses new operations with ZFSSA_E_CLOSED, waits for those in flight, and
 * logs out of the appliance. On ZFSSA_E_TIMED_OUT closing continues, and the call may be repeated.
 *
 * `how`: ZFSSA_CLOSE_DRAIN or ZFSSA_CLOSE_CANCEL. `timeout_ms`: 0 does not wait, -1 waits without a
 * limit. The driver must still be freed with zfssa_driver_free().
 *
 * Blocks up to timeout_ms. Fails with ZFSSA_E_WOULD_DEADLOCK inside a callback, unless timeout_ms
 * is 0.
 */
zfssa_status_t zfssa_driver_close(zfssa_driver_t *driver, uint32_t how, int64_t timeout_ms,
                                  zfssa_error_t **err);

/**
 * Frees a driver. NULL is ignored. Operations in flight are cancelled and complete with
 * ZFSSA_E_SHUTDOWN, or with their own result if they finish first. The teardown runs on the thread
 * zfssa-reap.
 */
void zfssa_driver_free(zfssa_driver_t *driver);

/** @} */

/* ---------------------------------------------------------------------------------------------- */
/** @name Call
 * @{ */

/** Post ZFSSA_EV_PROGRESS events before the completion. Requires a queue. */
#define ZFSSA_CALL_PROGRESS 1

/**
 * Callback invoked when an operation completes, or when an image must be written. The callback owns
 * the result and frees it with zfssa_result_free(). Callbacks run one at a time on the thread
 * zfssa-cb; they may call any function that does not block, and must neither throw nor longjmp.
 */
typedef void (*zfssa_callback_t)(void *context, zfssa_result_t *result);

/**
 * Destructor for a callback context. Called exactly once, on the thread zfssa-cb, after the
 * library's last use of `context`.
 */
typedef void (*zfssa_drop_t)(void *context);

/**
 * Options of one call. NULL, or zero in all members but `size`: the configured timeout, and a
 * ticket to wait for.
 */
typedef struct zfssa_call_t {
    uint32_t size;
    uint32_t flags;            /**< 0 or ZFSSA_CALL_PROGRESS. */
    /**
     * Timeout of the whole operation, with login, retries and polls, in milliseconds. 0: the option
     * zfssa_operation_timeout; -1: no timeout. A rollback after it has its own timeout,
     * zfssa_rollback_timeout.
     */
    int64_t timeout_ms;
    /** Queue for the completion. NULL without a callback: kept for zfssa_ticket_wait(). */
    zfssa_queue_t *queue;
    uint64_t user_data;        /**< Returned with the completion; opaque to the library. */
    zfssa_callback_t callback; /**< Callback for the completion. Not together with a queue. */
    void *context;             /**< Context of `callback` and `drop`; opaque to the library. */
    /**
     * Destructor of `context`, called after the callback returned; not called if the submission was
     * refused. Requires a callback.
     */
    zfssa_drop_t drop;
    /**
     * Operation id, up to 128 bytes, written on the objects that the operation creates. A repeated
     * call with the same id, even by another process, recognizes them as its own. NULL: a new UUID.
     */
    const char *operation_id;
    /**
     * Trace context of the caller, the value of the header traceparent of W3C Trace Context. Each
     * request to the appliance carries this header with the same trace id and flags, and a parent
     * id of its own. NULL: no header.
     */
    const char *traceparent;
} zfssa_call_t;

/** @} */

/* ---------------------------------------------------------------------------------------------- */
/** @name Tickets
 * @{ */

/**
 * Waits for an operation to complete and takes its result. Returns ZFSSA_OK for a failed operation
 * too: zfssa_result_status() has its status. A result can be taken once; after that, ZFSSA_E_STALE.
 *
 * On ZFSSA_E_TIMED_OUT the operation continues, and the ticket stays valid. Only for operations
 * submitted without a queue and without a callback.
 *
 * `timeout_ms`: 0 does not wait, -1 waits without a limit. `result`: free it with
 * zfssa_result_free().
 *
 * Blocks up to timeout_ms. Fails with ZFSSA_E_WOULD_DEADLOCK inside a callback, unless timeout_ms
 * is 0.
 */
zfssa_status_t zfssa_ticket_wait(zfssa_ticket_t ticket, int64_t timeout_ms, zfssa_result_t **result,
                                 zfssa_error_t **err);

/**
 * Cancels an operation. It rolls back and then completes as any other does: with ZFSSA_E_CANCELLED,
 * or with its own result if it finishes first.
 *
 * May be repeated; has no effect on a completed operation. Fails with ZFSSA_E_STALE only for a
 * number that was never a ticket.
 */
zfssa_status_t zfssa_ticket_cancel(zfssa_ticket_t ticket, zfssa_error_t **err);

/**
 * Abandons the result of an operation: the operation continues, and its result is discarded. Only
 * for operations submitted without a queue and without a callback. It can still be cancelled.
 */
zfssa_status_t zfssa_ticket_abandon(zfssa_ticket_t ticket, zfssa_error_t **err);

/** @} */

/* ---------------------------------------------------------------------------------------------- */
/** @name Results
 * @{ */

/** Status of the operation. ZFSSA_E_INVALID_ARGUMENT for NULL and for a freed result. */
zfssa_status_t zfssa_result_status(const zfssa_result_t *result);

/** Error of a failed operation; NULL if it succeeded. It belongs to the result: do not free it. */
const zfssa_error_t *zfssa_result_error(const zfssa_result_t *result);

/**
 * Name of the operation, such as create_volume; NULL for a bad handle. It belongs to the result.
 */
const char *zfssa_result_operation(const zfssa_result_t *result);

/** Ticket of the operation; 0 for a bad handle. */
zfssa_ticket_t zfssa_result_ticket(const zfssa_result_t *result);

/** The `user_data` of the call; 0 for a bad handle. */
uint64_t zfssa_result_user_data(const zfssa_result_t *result);

/**
 * The `traceparent` of the call, as the caller gave it; NULL without one and for a bad handle. It
 * belongs to the result.
 */
const char *zfssa_result_traceparent(const zfssa_result_t *result);

/** Number of requests sent to the appliance, including those of a rollback. */
uint32_t zfssa_result_requests(const zfssa_result_t *result);

/** Time from submission to completion, in microseconds. */
uint64_t zfssa_result_elapsed_us(const zfssa_result_t *result);

/**
 * The output as JSON; for a failure, the error as in zfssa_error_json(). Secrets are printed as
 * "***". `length` receives the bytes without the NUL, and may be NULL. NULL for a bad handle. The
 * text belongs to the result.
 */
const char *zfssa_result_json(const zfssa_result_t *result, uint64_t *length);

/** Frees a result and everything that belongs to it, and wipes its secrets. NULL is ignored. */
void zfssa_result_free(zfssa_result_t *result);

/** @} */

/* ---------------------------------------------------------------------------------------------- */
/** @name Queues
 * @{ */

/**
 * Creates a queue. It is independent of any driver and may outlive them.
 *
 * `queue`: free it with zfssa_queue_free(); NULL on failure.
 */
zfssa_status_t zfssa_queue_new(zfssa_queue_t **queue, zfssa_error_t **err);

/**
 * An operation completed; it is the operation's last event. `ticket`, `user_data` and `result` are
 * set; the caller frees the result.
 */
#define ZFSSA_EV_COMPLETION 1
#define ZFSSA_EV_WAKE 2       /**< zfssa_queue_wake() was called. */
/**
 * Progress of an operation called with ZFSSA_CALL_PROGRESS; see zfssa_result_progress(). `ticket`,
 * `user_data` and `result` are set; the caller frees the result. A newer report replaces one that
 * was not taken yet.
 */
#define ZFSSA_EV_PROGRESS 3
/**
 * zfssa_clone_image(), called without a callback and without a file, requests its image: write it
 * through zfssa_result_connection(), then call zfssa_transfer_finish(). `ticket`, `user_data` and
 * `result` are set; the caller frees the result. The operation waits until its deadline.
 */
#define ZFSSA_EV_TRANSFER 4
/**
 * Log records of a driver, after zfssa_driver_set_log_queue(); see zfssa_result_log(). `user_data`
 * and `result` are set; the caller frees the result. The records of an operation come before its
 * completion.
 */
#define ZFSSA_EV_LOG 5

/** A queue event. Ignore events of an unknown kind. */
typedef struct zfssa_event_t {
    uint32_t kind;         /**< One of the ZFSSA_EV_ numbers. */
    uint32_t flags;
    zfssa_ticket_t ticket; /**< Ticket of the operation, or 0. */
    uint64_t user_data;    /**< The `user_data` of the call or of the log, or 0. */
    /**
     * Result, progress or request of the operation, log records, or NULL. Free it with
     * zfssa_result_free(), whatever the kind.
     */
    zfssa_result_t *result;
} zfssa_event_t;

/**
 * Takes events in the order of their arrival. Several threads may read one queue.
 *
 * `events`: an array of `max` events of `event_size` bytes each, which is sizeof(zfssa_event_t).
 * `count`: number of events taken, 0 after the timeout. Fails with ZFSSA_E_CLOSED if the queue is
 * freed meanwhile.
 *
 * `timeout_ms`: 0 does not wait, -1 waits without a limit.
 *
 * Blocks up to timeout_ms. Fails with ZFSSA_E_WOULD_DEADLOCK inside a callback, unless timeout_ms
 * is 0.
 */
zfssa_status_t zfssa_queue_next(zfssa_queue_t *queue, zfssa_event_t *events, uint32_t event_size,
                                uint32_t max, int64_t timeout_ms, uint32_t *count,
                                zfssa_error_t **err);

/**
 * File descriptor for poll() and epoll: readable if and only if the queue is not empty. Do not
 * read, write or close it, and do not use it in a forked child, which shares it with the parent. It
 * is a non-blocking eventfd with close-on-exec, created by the first call and closed with the
 * queue. In an edge-triggered loop, take events until a call returns fewer than `max`.
 *
 * `fd`: -1 on failure.
 */
zfssa_status_t zfssa_queue_fd(zfssa_queue_t *queue, int32_t *fd, zfssa_error_t **err);

/**
 * Posts ZFSSA_EV_WAKE, which wakes a waiting thread. Has no effect while an earlier one is in the
 * queue.
 */
zfssa_status_t zfssa_queue_wake(zfssa_queue_t *queue, zfssa_error_t **err);

/**
 * Frees a queue, its events and their results. NULL is ignored. Operations that were to complete on
 * it continue, and their results are discarded. A thread that waits in zfssa_queue_next() receives
 * ZFSSA_E_CLOSED.
 */
void zfssa_queue_free(zfssa_queue_t *queue);

/** @} */

/* ---------------------------------------------------------------------------------------------- */
/** @name Progress
 * @{ */

/** The progress of an operation. */
typedef struct zfssa_progress_t {
    uint32_t size;
    uint32_t reserved;
    const char *step; /**< Current step, such as transfer. Any version may add steps. */
    uint64_t done;    /**< Completed part of the step, out of `total`. */
    uint64_t total;   /**< Value of `done` at the end of the step; 0 while unknown. */
} zfssa_progress_t;

/**
 * Progress of an operation, from the result of a ZFSSA_EV_PROGRESS event; NULL for other results.
 */
const zfssa_progress_t *zfssa_result_progress(const zfssa_result_t *result);

/** @} */

/* ---------------------------------------------------------------------------------------------- */
/** @name Image transfer
 * @{ */

/**
 * Ends an image transfer that was requested by ZFSSA_EV_TRANSFER or by the transfer callback. Call
 * it exactly once per request.
 *
 * `ticket`: of the operation. `status`: ZFSSA_OK when the whole image is on the LUN and the host
 * has detached it; otherwise any ZFSSA_E_ number: the operation rolls back and fails with
 * ZFSSA_E_TRANSFER. `message`: reason of the failure, for the operation's error; may be NULL and
 * must not contain secrets.
 *
 * ZFSSA_E_STALE if no transfer is pending: not requested yet, already finished, or the operation
 * was cancelled, timed out or completed. In the last three cases the LUN may already be deleted;
 * discard what was written.
 */
zfssa_status_t zfssa_transfer_finish(zfssa_ticket_t ticket, zfssa_status_t status,
                                     const char *message, zfssa_error_t **err);

/** @} */

/* ---------------------------------------------------------------------------------------------- */
/** @name Log
 * @{ */

#define ZFSSA_LOG_OFF 0   /**< Log nothing. */
#define ZFSSA_LOG_ERROR 1 /**< Failures. */
#define ZFSSA_LOG_WARN 2  /**< Succeeded, but needs attention. */
#define ZFSSA_LOG_INFO 3  /**< Actions of the driver: a few records for each operation. */
#define ZFSSA_LOG_DEBUG 4 /**< Every request to the appliance. */
#define ZFSSA_LOG_TRACE 5 /**< Everything. */

/**
 * A log record. Valid until the log function returns, or as long as the result that it belongs to.
 * Contains no secrets.
 */
typedef struct zfssa_log_record_t {
    uint32_t size;
    uint32_t level;           /**< One of the ZFSSA_LOG_ numbers. */
    int64_t time_ns;          /**< Nanoseconds since 1970-01-01 00:00 UTC. */
    /** Records lost immediately before this one because the host was too slow. */
    uint64_t lost;
    const char *target;       /**< Module of the library, such as zfssa::rest. */
    const char *message;      /**< Message, one sentence. */
    /**
     * Data of the record, a JSON object; "{}" without data. In a call with a traceparent it has
     * trace_id, and for a request to the appliance its span_id.
     */
    const char *fields;
    const char *operation;    /**< Operation, such as create_volume, or NULL. */
    const char *resource;     /**< Object of the operation, or NULL. */
    const char *operation_id; /**< Id of the operation, or NULL. */
} zfssa_log_record_t;

/** Log function. Runs on the thread zfssa-cb, as callbacks do and under the same rules. */
typedef void (*zfssa_log_t)(void *context, const zfssa_log_record_t *record);

/**
 * Replaces the log function or queue of a driver; none is set at first. On return the previous
 * function is not running, will not be called again, and its destructor has run. If called from
 * inside the previous function, this holds once that function returns.
 *
 * Up to 1,024 records wait for the function; further records are lost and counted. After the driver
 * is freed, the waiting records are still delivered, then the destructor runs; a program that needs
 * the last ones waits for the destructor before it exits.
 *
 * `level`: a ZFSSA_LOG_ number. `function`: NULL disables the log. `drop`: destructor of `context`;
 * may be NULL, and is not called on failure.
 *
 * Blocks while the previous function runs.
 */
zfssa_status_t zfssa_driver_set_log(zfssa_driver_t *driver, uint32_t level, zfssa_log_t function,
                                    void *context, zfssa_drop_t drop, zfssa_error_t **err);

/**
 * Sends the log of a driver to a queue, as ZFSSA_EV_LOG events, in place of a log function or of
 * another queue. For hosts whose threads are not to be entered by the library. A function that was
 * set before is replaced as by zfssa_driver_set_log().
 *
 * Up to 1,024 records wait in one event; further records are lost and counted. Events that are on a
 * queue remain there. After the queue is freed, records are discarded.
 *
 * `level`: a ZFSSA_LOG_ number; ZFSSA_LOG_OFF disables the log. `user_data`: returned with each
 * event; opaque to the library.
 *
 * Blocks while the previous function runs.
 */
zfssa_status_t zfssa_driver_set_log_queue(zfssa_driver_t *driver, uint32_t level,
                                          zfssa_queue_t *queue, uint64_t user_data,
                                          zfssa_error_t **err);

/** Log records, from the result of a ZFSSA_EV_LOG event. */
typedef struct zfssa_log_list_t {
    uint32_t size;
    uint32_t count;
    /** Pointers to the records, in the order in which they were written. */
    const zfssa_log_record_t *const *records;
} zfssa_log_list_t;

/**
 * Log records, from the result of a ZFSSA_EV_LOG event; NULL for other results. They belong to the
 * result.
 */
const zfssa_log_list_t *zfssa_result_log(const zfssa_result_t *result);

/** @} */

/* ---------------------------------------------------------------------------------------------- */
/** @name Metrics
 * @{ */

/**
 * Takes a snapshot of a driver's metrics. Sends nothing to the appliance, and works for a closed
 * driver, too.
 *
 * `metrics`: free it with zfssa_metrics_free(); NULL on failure.
 */
zfssa_status_t zfssa_driver_metrics(zfssa_driver_t *driver, zfssa_metrics_t **metrics,
                                    zfssa_error_t **err);

/** Number of operations that ended with one result. */
typedef struct zfssa_operation_count_t {
    uint32_t size;
    uint32_t reserved;
    /**
     * success, or the outcome of the error: none, rejected, applied, unknown, rolled_back or
     * partial.
     */
    const char *result;
    uint64_t count; /**< Number of operations. */
} zfssa_operation_count_t;

/**
 * Histogram of the durations of requests, from the start of a request to the end of its answer or
 * to its failure.
 */
typedef struct zfssa_request_durations_t {
    uint32_t size;
    uint32_t buckets_count; /**< Elements of `bounds_us` and of `buckets`. */
    /** Kind of the resource, such as lun or snapshot: one of a fixed set, never a name. */
    const char *resource;
    const char *verb;       /**< HTTP method: GET, POST, PUT or DELETE. */
    uint64_t count;         /**< Number of requests. */
    uint64_t sum_us;        /**< Sum of the durations, in microseconds. */
    /** Upper bounds of the buckets in microseconds, ascending. Infinity has none. */
    const uint64_t *bounds_us;
    /**
     * Number of requests that took at most as long as the bound. A bucket includes those before it;
     * `count` is the bucket of infinity.
     */
    const uint64_t *buckets;
} zfssa_request_durations_t;

/**
 * Histogram of the waits for locks, in the queue of the process and beyond, until the lock is held
 * or the wait ends without it. Locks that were free count, too.
 */
typedef struct zfssa_lock_waits_t {
    uint32_t size;
    uint32_t buckets_count; /**< Elements of `bounds_us` and of `buckets`. */
    uint64_t count;         /**< Number of waits. */
    uint64_t sum_us;        /**< Sum of their durations, in microseconds. */
    /** Upper bounds of the buckets in microseconds, ascending. Infinity has none. */
    const uint64_t *bounds_us;
    /**
     * Number of waits that took at most as long as the bound. A bucket includes those before it;
     * `count` is the bucket of infinity.
     */
    const uint64_t *buckets;
    /**
     * Locks that were not free when they were asked for: another operation, process or host had
     * them.
     */
    uint64_t contended;
} zfssa_lock_waits_t;

/**
 * Metrics of a driver at one moment. Counts are since the driver was created. Requests include
 * those to the destination of a migration.
 */
typedef struct zfssa_metric_values_t {
    uint32_t size;
    uint32_t operations_count;
    uint32_t durations_count;
    uint32_t reserved;
    /** Requests sent, with repetitions, logins and logouts. */
    uint64_t requests;
    uint64_t requests_unanswered;         /**< Requests that ended without a complete answer. */
    uint64_t requests_in_flight;          /**< Requests that wait for their answer. */
    uint64_t requests_waiting;            /**< Requests that wait for a connection. */
    uint64_t retries;                     /**< Requests sent again after a failure. */
    uint64_t logins;                      /**< Logins sent. */
    uint64_t logouts;                     /**< Logouts sent. */
    uint64_t connections_opened;          /**< TLS connections made. */
    /**
     * TLS connections that are open. One that the appliance closed counts until the next request.
     */
    uint64_t connections_open;
    /**
     * Connections that may be in use. The library lowers it while the appliance is busy or slow.
     */
    uint64_t connections_limit;
    uint64_t connections_max;             /**< The option zfssa_max_connections. */
    /**
     * Changes that the appliance did not answer clearly. The library reads the object to settle
     * them.
     */
    uint64_t changes_in_doubt;
    uint64_t operations_in_flight;        /**< Operations that run. */
    uint64_t unknown_outcomes;            /**< Operations that ended with ZFSSA_OUTCOME_UNKNOWN. */
    /** Operations that rolled steps back, completely or not. */
    uint64_t rollbacks;
    /** Ended operations, one element for each result. */
    const zfssa_operation_count_t *const *operations;
    /**
     * Durations of requests, one element for each kind of resource and HTTP method that were used.
     */
    const zfssa_request_durations_t *const *durations;
    const zfssa_lock_waits_t *lock_waits; /**< Waits for locks. Never NULL. */
    /**
     * Microseconds for which the lease in etcd lasts if it is not renewed any more; 0 without a
     * lease, and without zfssa_coordination_url.
     */
    uint64_t lease_remaining_us;
    /** Leases in etcd that ended before the driver ended them. */
    uint64_t leases_lost;
    uint64_t coordination_requests;       /**< Requests sent to etcd. */
    /** Requests that etcd did not answer, or answered with an error. */
    uint64_t coordination_requests_failed;
    /**
     * Connections that the hosts of the backend leave to this process; `connections_max` without
     * zfssa_max_connections_total.
     */
    uint64_t connections_share;
    /** Connections that the requests of this process could use, at most `connections_max`. */
    uint64_t connections_wanted;
} zfssa_metric_values_t;

/** The metrics as numbers; NULL for NULL and for a freed snapshot. They belong to the snapshot. */
const zfssa_metric_values_t *zfssa_metrics_values(const zfssa_metrics_t *metrics);

/**
 * The metrics in the Prometheus text format, version 0.0.4, for the body of a response to a scrape;
 * its content type is "text/plain; version=0.0.4; charset=utf-8". Names and labels are in
 * docs/metrics.md. `length` receives the bytes without the NUL, and may be NULL. Returns NULL, and
 * 0 in `length`, for NULL and for a freed snapshot. The text belongs to the snapshot.
 */
const char *zfssa_metrics_prometheus(const zfssa_metrics_t *metrics, uint64_t *length);

/** Frees a snapshot and everything that belongs to it. NULL is ignored. */
void zfssa_metrics_free(zfssa_metrics_t *metrics);

/** @} */

/* ---------------------------------------------------------------------------------------------- */
/** @name Setup
 * @{ */

/** Arguments of zfssa_echo(). `args` may be NULL. */
typedef struct zfssa_echo_args_t {
    uint32_t size;
    uint32_t flags;
    /** Returned unchanged: UTF-8 of up to ZFSSA_MAX_TEXT bytes. NULL: an empty text. */
    const char *message;
    uint64_t delay_ms;        /**< Duration of the operation, in milliseconds. */
    zfssa_status_t fail_with; /**< Status to fail with; 0 to succeed. */
    uint32_t reserved;
} zfssa_echo_args_t;

/**
 * Waits, then returns its message. Does not access the appliance; for tests of hosts and bindings.
 *
 * Result: zfssa_result_echo().
 * Errors: any status.
 * Outcomes: NONE.
 * Requests: 0 (depth 0).
 */
zfssa_status_t zfssa_echo(zfssa_driver_t *driver, const zfssa_echo_args_t *args,
                          const zfssa_call_t *call, zfssa_ticket_t *ticket, zfssa_error_t **err);

/** The reply to an echo. */
typedef struct zfssa_echo_reply_t {
    uint32_t size;
    uint32_t reserved;
    const char *message; /**< The message. */
} zfssa_echo_reply_t;

/** Output of zfssa_echo(). */
const zfssa_echo_reply_t *zfssa_result_echo(const zfssa_result_t *result);

/** Arguments of zfssa_get_certificate(). `args` may be NULL. */
typedef struct zfssa_get_certificate_args_t {
    uint32_t size;
    uint32_t flags;
} zfssa_get_certificate_args_t;

/**
 * Fetches the certificate of the appliance without trusting it and without a login, so that an
 * operator can compare and pin it.
 *
 * Result: zfssa_result_certificate().
 * Errors: none of its own.
 * Outcomes: NONE.
 */
zfssa_status_t zfssa_get_certificate(zfssa_driver_t *driver,
                                     const zfssa_get_certificate_args_t *args,
                                     const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                     zfssa_error_t **err);

/** The certificate that the appliance presented. */
typedef struct zfssa_certificate_t {
    uint32_t size;
    uint32_t reserved;
    /**
     * SHA-256 fingerprint, in the form of the option zfssa_tls_pins and of "openssl x509
     * -fingerprint -sha256": pairs of upper-case hexadecimal digits with colons.
     */
    const char *sha256;
    const char *pem; /**< Certificate in PEM. */
} zfssa_certificate_t;

/** Output of zfssa_get_certificate(). */
const zfssa_certificate_t *zfssa_result_certificate(const zfssa_result_t *result);

/** Arguments of zfssa_check_for_setup_error(). `args` may be NULL. */
typedef struct zfssa_check_for_setup_error_args_t {
    uint32_t size;
    uint32_t flags;
} zfssa_check_for_setup_error_args_t;

/**
 * Checks everything that operations need. The message of ZFSSA_E_SETUP_INCOMPLETE lists every
 * finding, and so does that of any other error as far as the check came.
 *
 * A portal that this host cannot reach within 3 seconds, and an interface on which the target does
 * not listen, are only warnings: other hosts may reach the target.
 *
 * Result: zfssa_result_check_report().
 * Errors: ZFSSA_E_SETUP_INCOMPLETE, ZFSSA_E_POOL_NOT_OWNED.
 * Outcomes: NONE.
 * Requests: 10 (depth 1).
 */
zfssa_status_t zfssa_check_for_setup_error(zfssa_driver_t *driver,
                                           const zfssa_check_for_setup_error_args_t *args,
                                           const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                           zfssa_error_t **err);

/** The report of a check. */
typedef struct zfssa_check_report_t {
    uint32_t size;
    uint32_t warnings_count;
    const char *const *warnings; /**< Findings that do not stop the backend, one sentence each. */
} zfssa_check_report_t;

/** Output of zfssa_check_for_setup_error(). */
const zfssa_check_report_t *zfssa_result_check_report(const zfssa_result_t *result);

/** Arguments of zfssa_do_setup(). `args` may be NULL. */
typedef struct zfssa_do_setup_args_t {
    uint32_t size;
    uint32_t flags;
} zfssa_do_setup_args_t;

/**
 * Creates the missing objects of the backend: projects, custom properties, initiators, initiator
 * groups, the target and its group. Existing objects are extended, never replaced.
 *
 * A failure is not rolled back: the error names the objects created or changed so far
 * (ZFSSA_OUTCOME_PARTIAL, or ZFSSA_OUTCOME_UNKNOWN if a change is in doubt), and a repeated call
 * continues from there. CHAP secrets cannot be read back, so each call sets them.
 *
 * Result: zfssa_result_setup_report().
 * Errors: ZFSSA_E_SETUP_INCOMPLETE, ZFSSA_E_POOL_NOT_OWNED.
 * Outcomes: any.
 * Requests: ready appliance: 9 (depth 1).
 * Locks: the backend's set-up; each initiator group that gets members; the target group, if it gets
 * a member; each volume that is recovered; the source of a clone that is recovered (shared); the
 * image of a cache entry that is recovered.
 * Journalled: a recovered journal stays until it is settled.
 */
zfssa_status_t zfssa_do_setup(zfssa_driver_t *driver, const zfssa_do_setup_args_t *args,
                              const zfssa_call_t *call, zfssa_ticket_t *ticket,
                              zfssa_error_t **err);

/** The report of a setup. */
typedef struct zfssa_setup_report_t {
    uint32_t size;
    uint32_t target_portals_count;
    uint32_t changes_count;
    uint32_t warnings_count;
    const char *appliance;             /**< Node name of the appliance. */
    const char *software_version;      /**< Version of its software. */
    const char *target_iqn;            /**< IQN of the target that presents the volumes. */
    const char *const *target_portals; /**< Portals, as address:port. */
    /** Objects created or changed, one sentence each; none if all were ready. */
    const char *const *changes;
    const char *const *warnings;       /**< Findings that need attention, one sentence each. */
} zfssa_setup_report_t;

/** Output of zfssa_do_setup(). */
const zfssa_setup_report_t *zfssa_result_setup_report(const zfssa_result_t *result);

/** @} */

/* ---------------------------------------------------------------------------------------------- */
/** @name Statistics
 * @{ */

/** Arguments of zfssa_get_volume_stats(). `args` may be NULL. */
typedef struct zfssa_get_volume_stats_args_t {
    uint32_t size;
    uint32_t flags;
} zfssa_get_volume_stats_args_t;

/**
 * Returns the capacity and the capabilities of the backend.
 *
 * Result: zfssa_result_volume_stats().
 * Errors: ZFSSA_E_POOL_NOT_OWNED.
 * Outcomes: NONE.
 * Requests: 4 (depth 1).
 */
zfssa_status_t zfssa_get_volume_stats(zfssa_driver_t *driver,
                                      const zfssa_get_volume_stats_args_t *args,
                                      const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                      zfssa_error_t **err);

/** The reply to Cinder's get_volume_stats: capacity and capabilities of the backend. */
typedef struct zfssa_volume_stats_t {
    uint32_t size;
    uint32_t reserved_percentage;        /**< Reserved capacity in percent. */
    uint32_t thin_provisioning_support;  /**< 1 when new volumes are thin, else 0. */
    uint32_t thick_provisioning_support; /**< 1 when new volumes are thick, else 0. */
    /** Always 1: a volume may be presented to several hosts. */
    uint32_t multiattach;
    uint32_t online_extend_support;      /**< 1 when an attached volume may be extended, else 0. */
    /**
     * 1 if the appliance's project shows limits of bandwidth (as of OS8.8), else 0. Cinder's key is
     * QoS_support.
     */
    uint32_t qos_support;
    /** Always 0: a clone is made in the pool of its source. */
    uint32_t clone_across_pools;
    uint64_t total_volumes;              /**< Number of volumes. */
    uint64_t total_capacity_bytes;       /**< Capacity of the project, free and used, in bytes. */
    uint64_t free_capacity_bytes;        /**< Free capacity of the project in bytes. */
    uint64_t provisioned_capacity_bytes; /**< Sum of the volume sizes in bytes. */
    double total_capacity_gb;            /**< `total_capacity_bytes` in GiB. */
    double free_capacity_gb;             /**< `free_capacity_bytes` in GiB. */
    double provisioned_capacity_gb;      /**< `provisioned_capacity_bytes` in GiB. */
    double allocated_capacity_gb;        /**< Same as `provisioned_capacity_gb`, for Cinder. */
    const char *volume_backend_name;     /**< Option volume_backend_name. */
    const char *vendor_name;             /**< Always Oracle. */
    const char *driver_version;          /**< Version of this library. */
    const char *storage_protocol;        /**< Always iSCSI. */
    const char *pool_name;               /**< Pool name for the scheduler. */
    /** Option max_over_subscription_ratio: a number, or auto. */
    const char *max_over_subscription_ratio;
    /**
     * Always up. If the other cluster head owns the pool, the operation fails with
     * ZFSSA_E_POOL_NOT_OWNED, and the host should report down.
     */
    const char *backend_state;
    /** Six fields for migration between backends; the field for credentials is empty. */
    const char *location_info;
    const char *zfssa_poolprofile;       /**< Profile of the pool, such as mirror. */
    /** Default block size, as in the option zfssa_lun_volblocksize. */
    const char *zfssa_volblocksize;
    const char *zfssa_sparse;            /**< Default provisioning: True for thin. */
    const char *zfssa_compression;       /**< Default compression. */
    const char *zfssa_logbias;           /**< Default synchronous write bias. */
} zfssa_volume_stats_t;

/** Output of zfssa_get_volume_stats(). */
const zfssa_volume_stats_t *zfssa_result_volume_stats(const zfssa_result_t *result);

/** @} */

/* ---------------------------------------------------------------------------------------------- */
/** @name Volumes
 * @{ */

/** Arguments of zfssa_create_volume(). */
typedef struct zfssa_create_volume_args_t {
    uint32_t size;
    uint32_t flags;
    const char *name;  /**< Name of the LUN, such as volume-<uuid>; required. */
    uint64_t size_gib; /**< Size in GiB, at least 1. */
    /**
     * Extra specs of the volume type. Keys zfssa:* override the backend's defaults; keys of other
     * scopes are ignored. NULL: none.
     */
    const zfssa_pair_t *extra_specs;
    uint32_t extra_specs_count;
    uint32_t reserved;
} zfssa_create_volume_args_t;

/**
 * Creates a volume: a LUN that is presented to no host.
 *
 * May be repeated: an existing volume of this name, size and type is returned with `created` 0. An
 * existing volume that differs fails with ZFSSA_E_VOLUME_EXISTS.
 *
 * Result: zfssa_result_volume().
 * Errors: ZFSSA_E_VOLUME_EXISTS, ZFSSA_E_TYPE_MISMATCH, ZFSSA_E_POOL_NOT_OWNED.
 * Outcomes: any.
 * Requests: 1 (depth 1).
 */
zfssa_status_t zfssa_create_volume(zfssa_driver_t *driver, const zfssa_create_volume_args_t *args,
                                   const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                   zfssa_error_t **err);

/** The origin of a clone. */
typedef struct zfssa_origin_t {
    uint32_t size;
    uint32_t reserved;
    const char *project;  /**< Project of the source. */
    const char *volume;   /**< Source volume. */
    const char *snapshot; /**< Snapshot of the source. */
} zfssa_origin_t;

/** A property of a volume. */
typedef struct zfssa_volume_property_t {
    uint32_t size;
    uint32_t reserved;
    /**
     * The appliance's name, such as encryption or writelimit, or delete_with_clones for a volume
     * whose type sets it.
     */
    const char *name;
    /**
     * The value as text: a word, true or false, a count, or bytes per second (0 without a limit).
     */
    const char *value;
} zfssa_volume_property_t;

/** A volume: a LUN in the backend's project. */
typedef struct zfssa_volume_t {
    uint32_t size;
    uint32_t block_size_bytes;    /**< Block size in bytes. */
    uint32_t sparse;              /**< 1 when the volume is thin provisioned, else 0. */
    /** The property cinder_managed: 1 or 0; -1 when it is not set. */
    int32_t managed;
    /** 1 when this call created it; 0 when an earlier call did, and for look-ups. */
    uint32_t created;
    uint32_t initiator_groups_count;
    uint64_t size_bytes;          /**< Size in bytes. */
    uint64_t used_bytes;          /**< Bytes of data in the volume, without snapshots. */
    const char *name;             /**< Name of the LUN. */
    const char *pool;             /**< Pool. */
    const char *project;          /**< Project. */
    const char *guid;             /**< GUID of the LUN, 32 hexadecimal digits. */
    const char *compression;      /**< Compression, as the appliance names it. */
    const char *logbias;          /**< Synchronous write bias: latency or throughput. */
    const char *target_group;     /**< Target group through which the LUN is presented. */
    const char *created_at;       /**< Time of creation, UTC, in the appliance's format. */
    /** Initiator groups to which the LUN is presented; may be none. */
    const char *const *initiator_groups;
    const zfssa_origin_t *origin; /**< Origin of a clone; NULL for other volumes. */
    uint32_t properties_count;
    uint32_t reserved;
    /**
     * Encryption, caches, copies and limits, as far as the appliance shows them; NULL when it shows
     * none.
     */
    const zfssa_volume_property_t *const *properties;
} zfssa_volume_t;

/** Volume of a result. */
const zfssa_volume_t *zfssa_result_volume(const zfssa_result_t *result);

/** Arguments of zfssa_delete_volume(). */
typedef struct zfssa_delete_volume_args_t {
    uint32_t size;
    uint32_t flags;
    const char *name; /**< Name of the LUN, such as volume-<uuid>; required. */
} zfssa_delete_volume_args_t;

/**
 * Deletes a volume. Succeeds if the volume does not exist. A volume with snapshots or clones is not
 * changed and fails with ZFSSA_E_VOLUME_BUSY: deletion never cascades. Snapshots that the appliance
 * took for a schedule or for replication are deleted with the volume, and so is the temporary
 * snapshot from which a clone was created; if a deletion was interrupted between the two and
 * journals are not kept, repeat the call.
 *
 * With the extra spec zfssa:delete_with_clones of its type set to defer, or without that spec the
 * option zfssa_delete_with_clones, a volume with clones and without snapshots of the host is
 * deleted for the host at once: it is in no list and presented to no host, and its name is free. On
 * the appliance it has a reserved name and is deleted with its last clone, by the call that deletes
 * that one. A failure there does not fail that call: zfssa_audit() finds the volume. If a call for
 * the last clone was interrupted and journals are not kept, repeat it; that deletes every deferred
 * object that no clone needs. A volume that migrates fails with ZFSSA_E_VOLUME_BUSY.
 *
 * Result: zfssa_result_delete_report().
 * Errors: ZFSSA_E_VOLUME_BUSY, ZFSSA_E_POOL_NOT_OWNED.
 * Outcomes: any.
 * Requests: 3 (depth 2); one that does not exist: 4 (depth 3); one that does not exist, without
 * journals: 6 (depth 4); a clone: 4 (depth 3); a clone with its temporary snapshot: 6 (depth 4);
 * one with a clone, deferred: 7 (depth 5); the last clone of a deferred snapshot and volume: 11
 * (depth 8).
 * Locks: the volume; the image of a cache entry that loses its last clone (shared); each clone of a
 * volume that is deferred (shared, and released at once); each deferred volume that may have lost
 * its last clone.
 * Journalled: the deletion of a clone.
 */
zfssa_status_t zfssa_delete_volume(zfssa_driver_t *driver, const zfssa_delete_volume_args_t *args,
                                   const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                   zfssa_error_t **err);

/** The report of a deletion. */
typedef struct zfssa_delete_report_t {
    uint32_t size;
    uint32_t existed; /**< 1 when it existed before the call, else 0. */
} zfssa_delete_report_t;

/** Output of zfssa_delete_volume() and zfssa_delete_snapshot(). */
const zfssa_delete_report_t *zfssa_result_delete_report(const zfssa_result_t *result);

/** Arguments of zfssa_extend_volume(). */
typedef struct zfssa_extend_volume_args_t {
    uint32_t size;
    uint32_t flags;
    const char *name;  /**< Name of the LUN, such as volume-<uuid>; required. */
    uint64_t size_gib; /**< New size in GiB, at least 1. */
} zfssa_extend_volume_args_t;

/**
 * Extends a volume. A volume of this size or larger is not changed: volumes never shrink.
 *
 * Result: zfssa_result_volume().
 * Errors: ZFSSA_E_VOLUME_NOT_FOUND, ZFSSA_E_VOLUME_BUSY, ZFSSA_E_POOL_NOT_OWNED.
 * Outcomes: NONE, REJECTED, APPLIED, UNKNOWN.
 * Requests: 2 (depth 2).
 * Locks: the volume.
 */
zfssa_status_t zfssa_extend_volume(zfssa_driver_t *driver, const zfssa_extend_volume_args_t *args,
                                   const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                   zfssa_error_t **err);

/** Arguments of zfssa_get_volume(). */
typedef struct zfssa_get_volume_args_t {
    uint32_t size;
    uint32_t flags;
    const char *name; /**< Name of the LUN, such as volume-<uuid>; required. */
} zfssa_get_volume_args_t;

/**
 * Returns one volume.
 *
 * Result: zfssa_result_volume().
 * Errors: ZFSSA_E_VOLUME_NOT_FOUND, ZFSSA_E_POOL_NOT_OWNED.
 * Outcomes: NONE.
 * Requests: 1 (depth 1).
 */
zfssa_status_t zfssa_get_volume(zfssa_driver_t *driver, const zfssa_get_volume_args_t *args,
                                const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                zfssa_error_t **err);

/** Arguments of zfssa_list_volumes(). `args` may be NULL. */
typedef struct zfssa_list_volumes_args_t {
    uint32_t size;
    uint32_t flags;
    const char *prefix; /**< Prefix of the names to list; NULL: all volumes. */
    const char *marker; /**< `next_marker` of the page before; NULL: from the beginning. */
    uint32_t limit;     /**< Maximum number of volumes; 0: no limit. */
    uint32_t reserved;
} zfssa_list_volumes_args_t;

/**
 * Lists the volumes of the backend's project, ordered by name.
 *
 * With `limit`, the list comes in pages. The appliance has no pages: the first call reads its list,
 * and a page that is requested within 60 s after the one before comes from there. A later one is
 * read again and begins after the marker.
 *
 * Result: zfssa_result_volumes().
 * Errors: ZFSSA_E_POOL_NOT_OWNED.
 * Outcomes: NONE.
 * Requests: 1 (depth 1).
 */
zfssa_status_t zfssa_list_volumes(zfssa_driver_t *driver, const zfssa_list_volumes_args_t *args,
                                  const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                  zfssa_error_t **err);

/** The volumes of the project. */
typedef struct zfssa_volumes_t {
    uint32_t size;
    uint32_t count;
    /** Pointers to the volumes, ordered by name; NULL when there are none. */
    const zfssa_volume_t *const *volumes;
    const char *next_marker; /**< `marker` of the next page; NULL after the last. */
} zfssa_volumes_t;

/** Output of zfssa_list_volumes(). */
const zfssa_volumes_t *zfssa_result_volumes(const zfssa_result_t *result);

/** @} */

/* ---------------------------------------------------------------------------------------------- */
/** @name Snapshots
 * @{ */

/** Arguments of zfssa_create_snapshot(). */
typedef struct zfssa_create_snapshot_args_t {
    uint32_t size;
    uint32_t flags;
    const char *volume; /**< Name of the LUN; required. */
    const char *name;   /**< Name of the snapshot, such as snapshot-<uuid>; required. */
} zfssa_create_snapshot_args_t;

/**
 * Creates a snapshot of a volume.
 *
 * May be repeated: an existing snapshot of this name is returned with `created` 0.
 *
 * Result: zfssa_result_snapshot().
 * Errors: ZFSSA_E_VOLUME_NOT_FOUND, ZFSSA_E_POOL_NOT_OWNED.
 * Outcomes: NONE, REJECTED, APPLIED, UNKNOWN.
 * Requests: 1 (depth 1).
 * Locks: the volume (shared).
 */
zfssa_status_t zfssa_create_snapshot(zfssa_driver_t *driver,
                                     const zfssa_create_snapshot_args_t *args,
                                     const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                     zfssa_error_t **err);

/** A snapshot of a volume. */
typedef struct zfssa_snapshot_t {
    uint32_t size;
    uint32_t created;       /**< 1 when this call created it, else 0. */
    /** Number of clones; the appliance may count a deleted clone for a while. */
    uint64_t clones;
    uint64_t unique_bytes;  /**< Bytes that only this snapshot holds. */
    const char *name;       /**< Name of the snapshot. */
    const char *volume;     /**< Volume of the snapshot. */
    const char *pool;       /**< Pool. */
    const char *project;    /**< Project. */
    const char *created_at; /**< Time of creation, UTC, in the appliance's format. */
} zfssa_snapshot_t;

/** Output of zfssa_create_snapshot(). */
const zfssa_snapshot_t *zfssa_result_snapshot(const zfssa_result_t *result);

/** Arguments of zfssa_delete_snapshot(). */
typedef struct zfssa_delete_snapshot_args_t {
    uint32_t size;
    uint32_t flags;
    const char *volume; /**< Name of the LUN; required. */
    const char *name;   /**< Name of the snapshot, such as snapshot-<uuid>; required. */
} zfssa_delete_snapshot_args_t;

/**
 * Deletes a snapshot. Succeeds if the snapshot does not exist. A snapshot with clones is not
 * changed and fails with ZFSSA_E_SNAPSHOT_BUSY.
 *
 * With the extra spec zfssa:delete_with_clones of its volume's type set to defer, or without that
 * spec the option zfssa_delete_with_clones, a snapshot with clones is deleted for the host at once:
 * it is in no list, its name is free, and its volume may be deleted. On the appliance it has a
 * reserved name and is deleted with its last clone, by the call that deletes that one.
 *
 * Result: zfssa_result_delete_report().
 * Errors: ZFSSA_E_SNAPSHOT_BUSY, ZFSSA_E_POOL_NOT_OWNED.
 * Outcomes: NONE, REJECTED, APPLIED, UNKNOWN.
 * Requests: 2 (depth 2); one with a clone, deferred: 6 (depth 6).
 * Locks: the volume; each clone of a snapshot that is deferred (shared, and released at once).
 */
zfssa_status_t zfssa_delete_snapshot(zfssa_driver_t *driver,
                                     const zfssa_delete_snapshot_args_t *args,
                                     const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                     zfssa_error_t **err);

/** Arguments of zfssa_list_snapshots(). `args` may be NULL. */
typedef struct zfssa_list_snapshots_args_t {
    uint32_t size;
    uint32_t flags;
    const char *volume; /**< Name of the LUN; NULL: every volume of the backend's project. */
    const char *marker; /**< `next_marker` of the page before; NULL: from the beginning. */
    uint32_t limit;     /**< Maximum number of snapshots; 0: no limit. */
    uint32_t reserved;
} zfssa_list_snapshots_args_t;

/**
 * Lists the snapshots of one volume, or of all volumes in one request.
 *
 * Result: zfssa_result_snapshots().
 * Errors: ZFSSA_E_VOLUME_NOT_FOUND, ZFSSA_E_POOL_NOT_OWNED.
 * Outcomes: NONE.
 * Requests: of one volume: 1 (depth 1).
 */
zfssa_status_t zfssa_list_snapshots(zfssa_driver_t *driver, const zfssa_list_snapshots_args_t *args,
                                    const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                    zfssa_error_t **err);

/** The snapshots of a volume or of the project. */
typedef struct zfssa_snapshots_t {
    uint32_t size;
    uint32_t count;
    /** Pointers to the snapshots, oldest first; NULL when there are none. */
    const zfssa_snapshot_t *const *snapshots;
    const char *next_marker; /**< `marker` of the next page; NULL after the last. */
} zfssa_snapshots_t;

/** Output of zfssa_list_snapshots(). */
const zfssa_snapshots_t *zfssa_result_snapshots(const zfssa_result_t *result);

/** Arguments of zfssa_revert_to_snapshot(). */
typedef struct zfssa_revert_to_snapshot_args_t {
    uint32_t size;
    uint32_t flags;
    const char *volume;   /**< Name of the LUN; required. */
    const char *snapshot; /**< Name of the snapshot; required. */
    uint64_t size_gib;    /**< Size of the volume in Cinder, in GiB; 0: its current size. */
} zfssa_revert_to_snapshot_args_t;

/**
 * Reverts a volume to a snapshot, and keeps its size. Data written since the snapshot is lost.
 * Newer snapshots, or clones of them, prevent it: the call fails with ZFSSA_E_REVERT_BLOCKED, which
 * names them, and changes nothing. A snapshot of the same second counts as newer. A volume that is
 * presented to a host fails with ZFSSA_E_VOLUME_BUSY.
 *
 * Result: zfssa_result_volume().
 * Errors: ZFSSA_E_VOLUME_NOT_FOUND, ZFSSA_E_SNAPSHOT_NOT_FOUND, ZFSSA_E_VOLUME_BUSY,
 * ZFSSA_E_REVERT_BLOCKED, ZFSSA_E_POOL_NOT_OWNED.
 * Outcomes: any.
 * Requests: 4 (depth 3); grown since: 5 (depth 4).
 * Locks: the volume.
 */
zfssa_status_t zfssa_revert_to_snapshot(zfssa_driver_t *driver,
                                        const zfssa_revert_to_snapshot_args_t *args,
                                        const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                        zfssa_error_t **err);

/** @} */

/* ---------------------------------------------------------------------------------------------- */
/** @name Clones
 * @{ */

/** Arguments of zfssa_create_volume_from_snapshot(). */
typedef struct zfssa_create_volume_from_snapshot_args_t {
    uint32_t size;
    uint32_t flags;
    const char *name;          /**< Name of the new LUN; required. */
    uint64_t size_gib;         /**< Size in GiB, at least that of the snapshot. */
    const char *source_volume; /**< Volume of the snapshot; required. */
    const char *snapshot;      /**< Name of the snapshot; required. */
    /**
     * Extra specs of the volume type. Keys zfssa:* override the backend's defaults; keys of other
     * scopes are ignored. NULL: none. A clone always has the block size of its source.
     */
    const zfssa_pair_t *extra_specs;
    uint32_t extra_specs_count;
    uint32_t reserved;
} zfssa_create_volume_from_snapshot_args_t;

/**
 * Creates a volume from a snapshot, and extends it if its size is larger.
 *
 * Result: zfssa_result_volume().
 * Errors: ZFSSA_E_VOLUME_NOT_FOUND, ZFSSA_E_SNAPSHOT_NOT_FOUND, ZFSSA_E_VOLUME_EXISTS,
 * ZFSSA_E_INVALID_SIZE, ZFSSA_E_TYPE_MISMATCH, ZFSSA_E_VOLUME_BUSY, ZFSSA_E_POOL_NOT_OWNED.
 * Outcomes: any.
 * Requests: 1 (depth 1).
 * Locks: the new volume; the source (shared).
 * Journalled: all of it.
 */
zfssa_status_t zfssa_create_volume_from_snapshot(
        zfssa_driver_t *driver, const zfssa_create_volume_from_snapshot_args_t *args,
        const zfssa_call_t *call, zfssa_ticket_t *ticket, zfssa_error_t **err);

/** Arguments of zfssa_create_cloned_volume(). */
typedef struct zfssa_create_cloned_volume_args_t {
    uint32_t size;
    uint32_t flags;
    const char *name;          /**< Name of the new LUN; required. */
    /**
     * Cinder's id of the new volume, for the temporary snapshot tmp-snapshot-<id>. NULL: the name
     * without the prefix volume-.
     */
    const char *id;
    uint64_t size_gib;         /**< Size in GiB, at least that of the source. */
    const char *source_volume; /**< Name of the source LUN; required. */
    /**
     * Extra specs of the volume type. Keys zfssa:* override the backend's defaults; keys of other
     * scopes are ignored. Block size and encryption are those of the source: another block size is
     * ignored, and another encryption refused with ZFSSA_E_TYPE_MISMATCH. NULL: none.
     */
    const zfssa_pair_t *extra_specs;
    uint32_t extra_specs_count;
    uint32_t reserved;
} zfssa_create_cloned_volume_args_t;

/**
 * Creates a volume from another volume through a temporary snapshot, which is deleted with the new
 * volume.
 *
 * Result: zfssa_result_volume().
 * Errors: ZFSSA_E_VOLUME_NOT_FOUND, ZFSSA_E_SNAPSHOT_NOT_FOUND, ZFSSA_E_VOLUME_EXISTS,
 * ZFSSA_E_SNAPSHOT_EXISTS, ZFSSA_E_INVALID_SIZE, ZFSSA_E_TYPE_MISMATCH, ZFSSA_E_VOLUME_BUSY,
 * ZFSSA_E_POOL_NOT_OWNED.
 * Outcomes: any.
 * Requests: larger: 3 (depth 3).
 * Locks: the new volume; the source (shared); each deferred volume that had the name of the new
 * volume (shared, and released at once).
 * Journalled: all of it.
 */
zfssa_status_t zfssa_create_cloned_volume(zfssa_driver_t *driver,
                                          const zfssa_create_cloned_volume_args_t *args,
                                          const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                          zfssa_error_t **err);

/**
 * Arguments of zfssa_clone_image(). The image is written in one of three ways: by this library from
 * a file (`image_path`), by a callback (`transfer`), or, with neither, by the host when it receives
 * ZFSSA_EV_TRANSFER from the queue of the call.
 */
typedef struct zfssa_clone_image_args_t {
    uint32_t size;
    uint32_t flags;
    const char *name;            /**< Name of the new LUN; required. */
    /**
     * Size in GiB, at least that of the cache entry: the image's size, rounded up to GiB, plus one
     * if it is a whole number of GiB.
     */
    uint64_t size_gib;
    const char *image_id;        /**< Id of the image, which names its cache entry; required. */
    /** Time of the image's last update, in any format that is always the same; required. */
    const char *image_updated_at;
    uint64_t image_virtual_size; /**< Virtual size of the image in bytes; not 0. */
    const char *initiator;       /**< IQN of the host that writes the image; required. */
    /**
     * Extra specs of the volume type. Keys zfssa:* override the backend's defaults; keys of other
     * scopes are ignored. NULL: none.
     */
    const zfssa_pair_t *extra_specs;
    uint32_t extra_specs_count;
    uint32_t reserved;
    /**
     * Absolute path of the image file, which qemu-img writes over iSCSI from user space. NULL: the
     * host writes the image.
     */
    const char *image_path;
    /** Format of the file at `image_path`: raw, qcow2 or vmdk. NULL without a file. */
    const char *image_format;
    const char *qemu_img;        /**< Program for `image_path`. NULL: qemu-img, from PATH. */
    /**
     * Callback that is invoked when the image must be written. It owns its result:
     * zfssa_result_connection() has the connection, zfssa_result_ticket() the operation's ticket.
     * It may return before the image is written; zfssa_transfer_finish() ends the transfer, from
     * any thread. NULL: none.
     */
    zfssa_callback_t transfer;
    /** Context of `transfer` and `transfer_drop`; opaque to the library. */
    void *transfer_context;
    /**
     * Destructor of `transfer_context`. Called exactly once, after the last possible call of
     * `transfer`, even if it was never called; not called if the submission was refused. Requires
     * `transfer`.
     */
    zfssa_drop_t transfer_drop;
} zfssa_clone_image_args_t;

/**
 * Creates a volume from an image through the image cache. The first volume of an image needs the
 * image to be written; further volumes are clones. It is no failure if the cache declines.
 *
 * A transfer that fails, is cancelled or times out leaves no cache entry. The operation waits for
 * the transfer until its deadline, so choose a timeout that suits the image.
 *
 * Result: zfssa_result_cloned_image().
 * Errors: ZFSSA_E_VOLUME_NOT_FOUND, ZFSSA_E_SNAPSHOT_NOT_FOUND, ZFSSA_E_VOLUME_EXISTS,
 * ZFSSA_E_VOLUME_BUSY, ZFSSA_E_INVALID_SIZE, ZFSSA_E_TYPE_MISMATCH, ZFSSA_E_INVALID_CONNECTOR,
 * ZFSSA_E_SETUP_INCOMPLETE, ZFSSA_E_POOL_NOT_OWNED, ZFSSA_E_TRANSFER.
 * Outcomes: any.
 * Requests: the entry is there: 3 (depth 2); the entry is made: 13 (depth 11).
 * Locks: the image, while its entry is looked for or cloned (shared); the image, while its entry is
 * made; the new volume; the entry (shared); the host, if the configuration registers hosts
 * (shared).
 * Journalled: the making of the entry, and of the clone.
 */
zfssa_status_t zfssa_clone_image(zfssa_driver_t *driver, const zfssa_clone_image_args_t *args,
                                 const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                 zfssa_error_t **err);

/** The report of a volume from an image. */
typedef struct zfssa_cloned_image_t {
    uint32_t size;
    uint32_t transferred; /**< 1 when the image was written during this call, else 0. */
    /** The volume; NULL when the cache declined and the host should create the volume itself. */
    const zfssa_volume_t *volume;
    const char *declined; /**< Reason why the cache declined; empty when it did not. */
    /** Cache entry from which the volume was cloned; empty when the cache declined. */
    const char *cache_entry;
} zfssa_cloned_image_t;

/** Output of zfssa_clone_image(). */
const zfssa_cloned_image_t *zfssa_result_cloned_image(const zfssa_result_t *result);

/** @} */

/* ---------------------------------------------------------------------------------------------- */
/** @name Connections
 * @{ */

/**
 * Refuses to attach a volume that is presented to an initiator group which the host is not in, with
 * ZFSSA_E_VOLUME_BUSY.
 */
#define ZFSSA_INITIALIZE_EXCLUSIVE 1

/** Arguments of zfssa_initialize_connection(). */
typedef struct zfssa_initialize_connection_args_t {
    uint32_t size;
    uint32_t flags;        /**< 0 or ZFSSA_INITIALIZE_EXCLUSIVE. */
    const char *volume;    /**< Name of the LUN; required. */
    /** Cinder's id of the volume, returned in the connection; NULL: the name. */
    const char *volume_id;
    const char *initiator; /**< IQN of the host; required. */
    /**
     * Name of the host; NULL: not known. With the option zfssa_register_hosts, the initiator group
     * that this call makes for a host in no group is called by it.
     */
    const char *host_name;
} zfssa_initialize_connection_args_t;

/**
 * Presents a volume to the host of an initiator. Hosts that have it already keep it. With the
 * option zfssa_register_hosts, a host that is in no initiator group gets one of its own first.
 *
 * Result: zfssa_result_connection().
 * Errors: ZFSSA_E_VOLUME_NOT_FOUND, ZFSSA_E_VOLUME_BUSY, ZFSSA_E_INVALID_CONNECTOR,
 * ZFSSA_E_SETUP_INCOMPLETE, ZFSSA_E_POOL_NOT_OWNED.
 * Outcomes: any.
 * Requests: 2 (depth 2); second host: 2 (depth 2); again: 2 (depth 2); a new host: 7 (depth 7); a
 * registered host: 2 (depth 2).
 * Locks: the volume; the host, if the configuration registers hosts (shared); the host that is
 * registered.
 */
zfssa_status_t zfssa_initialize_connection(zfssa_driver_t *driver,
                                           const zfssa_initialize_connection_args_t *args,
                                           const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                           zfssa_error_t **err);

/** The connection of a host to a volume, as Cinder's connection properties. */
typedef struct zfssa_connection_t {
    uint32_t size;
    uint32_t target_discovered;        /**< Always 0: no discovery is needed. */
    uint32_t target_lun;               /**< LU number for this host. */
    uint32_t discard;                  /**< 1 when the host may send discards, else 0. */
    uint32_t changed;                  /**< 1 when this call presented the volume, else 0. */
    /** Elements of `target_portals`, of `target_iqns` and of `target_luns`, which go together. */
    uint32_t paths_count;
    uint32_t initiator_groups_count;
    uint32_t reserved;
    const char *driver_volume_type;    /**< Always iscsi. */
    const char *volume_id;             /**< Volume id of the request. */
    const char *target_portal;         /**< First portal, as address:port. */
    const char *target_iqn;            /**< IQN of the target. */
    const char *const *target_portals; /**< All portals. */
    const char *const *target_iqns;    /**< IQN of the target at each portal. */
    const uint32_t *target_luns;       /**< LU number at each portal. */
    /** Initiator groups through which the volume is presented to the host. */
    const char *const *initiator_groups;
    const char *auth_method;           /**< CHAP, or NULL without authentication. */
    const char *auth_username;         /**< CHAP name, or NULL. */
    /** CHAP secret in clear text, or NULL. Wiped when the result is freed. */
    const char *auth_password;
    /**
     * CHAP for authentication of the target by the host, or NULL. Set if both host and target have
     * CHAP accounts.
     */
    const char *target_auth_method;
    const char *target_auth_username;  /**< CHAP name of the target, or NULL. */
    /** CHAP secret of the target in clear text, or NULL. Wiped when the result is freed. */
    const char *target_auth_password;
} zfssa_connection_t;

/** Output of zfssa_initialize_connection(). */
const zfssa_connection_t *zfssa_result_connection(const zfssa_result_t *result);

#define ZFSSA_TERMINATE_STILL_ATTACHED 1 /**< `still_attached` is complete, even if it is empty. */

/** Arguments of zfssa_terminate_connection(). */
typedef struct zfssa_terminate_connection_args_t {
    uint32_t size;
    uint32_t flags;        /**< 0 or ZFSSA_TERMINATE_STILL_ATTACHED. */
    const char *volume;    /**< Name of the LUN; required. */
    const char *initiator; /**< IQN of the host; NULL: every host. */
    /**
     * With ZFSSA_TERMINATE_STILL_ATTACHED: the initiators that still use the volume and must keep
     * it, including `initiator` if its host has another attachment of the volume. Without the flag:
     * a group that also has other initiators keeps the volume.
     */
    const char *const *still_attached;
    uint32_t still_attached_count;
    uint32_t reserved;
} zfssa_terminate_connection_args_t;

/**
 * Removes the presentation of a volume to one host, or to all. Other hosts keep it. With the option
 * zfssa_unregister_hosts, a registered host that loses its last volume loses its initiator and its
 * initiator group; a failure of that is logged, and no error of this call.
 *
 * Result: zfssa_result_detach_report().
 * Errors: ZFSSA_E_POOL_NOT_OWNED.
 * Outcomes: any.
 * Requests: 3 (depth 2); all hosts: 2 (depth 2); a registered host: 6 (depth 3); the last volume of
 * a registered host: 11 (depth 7).
 * Locks: the volume; the host that is unregistered.
 */
zfssa_status_t zfssa_terminate_connection(zfssa_driver_t *driver,
                                          const zfssa_terminate_connection_args_t *args,
                                          const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                          zfssa_error_t **err);

/** The report of a terminated connection. */
typedef struct zfssa_detach_report_t {
    uint32_t size;
    /** 1 when the volume is still presented to the host, through a group that had to be kept. */
    uint32_t still_presented;
    uint32_t changed; /**< 1 when this call changed anything, else 0. */
    uint32_t initiator_groups_count;
    /** Initiator groups to which the volume is presented now. */
    const char *const *initiator_groups;
} zfssa_detach_report_t;

/** Output of zfssa_terminate_connection(). */
const zfssa_detach_report_t *zfssa_result_detach_report(const zfssa_result_t *result);

/** Arguments of zfssa_create_export(). */
typedef struct zfssa_create_export_args_t {
    uint32_t size;
    uint32_t flags;
    const char *volume; /**< Name of the LUN; required. */
} zfssa_create_export_args_t;

/**
 * Prepares a volume for attachment. The appliance needs no preparation: no request is sent.
 *
 * Result: none but zfssa_result_json().
 * Errors: none of its own.
 * Outcomes: NONE.
 * Requests: 0 (depth 0).
 */
zfssa_status_t zfssa_create_export(zfssa_driver_t *driver, const zfssa_create_export_args_t *args,
                                   const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                   zfssa_error_t **err);

/** Arguments of zfssa_ensure_export(). */
typedef struct zfssa_ensure_export_args_t {
    uint32_t size;
    uint32_t flags;
    const char *volume; /**< Name of the LUN; required. */
} zfssa_ensure_export_args_t;

/**
 * Restores the export of a volume in use, which Cinder asks for at its start. No request is sent.
 *
 * Result: none but zfssa_result_json().
 * Errors: none of its own.
 * Outcomes: NONE.
 * Requests: 0 (depth 0).
 */
zfssa_status_t zfssa_ensure_export(zfssa_driver_t *driver, const zfssa_ensure_export_args_t *args,
                                   const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                   zfssa_error_t **err);

/** Arguments of zfssa_remove_export(). */
typedef struct zfssa_remove_export_args_t {
    uint32_t size;
    uint32_t flags;
    const char *volume; /**< Name of the LUN; required. */
} zfssa_remove_export_args_t;

/**
 * Reverses zfssa_create_export(). No request is sent.
 *
 * Result: none but zfssa_result_json().
 * Errors: none of its own.
 * Outcomes: NONE.
 * Requests: 0 (depth 0).
 */
zfssa_status_t zfssa_remove_export(zfssa_driver_t *driver, const zfssa_remove_export_args_t *args,
                                   const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                   zfssa_error_t **err);

/** @} */

/* ---------------------------------------------------------------------------------------------- */
/** @name Existing volumes
 * @{ */

/** A volume or snapshot that Cinder knows. */
typedef struct zfssa_known_volume_t {
    const char *id;   /**< Cinder's id; required. */
    const char *name; /**< Name on the appliance; required. */
} zfssa_known_volume_t;

/** Arguments of zfssa_get_manageable_volumes(). `args` may be NULL. */
typedef struct zfssa_get_manageable_volumes_args_t {
    uint32_t size;
    uint32_t flags;
    /**
     * Reference of the entry before the first one returned; NULL: from the beginning. Fails if
     * there is no such entry.
     */
    const char *marker;
    uint32_t limit;                             /**< Maximum number of entries; 0: no limit. */
    /** Number of entries to skip, from the beginning or from the marker. */
    uint32_t offset;
    const zfssa_known_volume_t *cinder_volumes; /**< Cinder's volumes on this backend. */
    /** Sort keys, reference or size, most important first; NULL: reference. */
    const char *const *sort_keys;
    /** Sort directions, asc or desc, for each key; a missing one is the last one given, or asc. */
    const char *const *sort_dirs;
    uint32_t cinder_volumes_count;
    uint32_t sort_keys_count;
    uint32_t sort_dirs_count;
    uint32_t reserved;
} zfssa_get_manageable_volumes_args_t;

/**
 * Lists the LUNs of the backend's project, and whether each may be managed.
 *
 * Result: zfssa_result_manageable_list().
 * Errors: ZFSSA_E_POOL_NOT_OWNED.
 * Outcomes: NONE.
 * Requests: 1 (depth 1).
 */
zfssa_status_t zfssa_get_manageable_volumes(zfssa_driver_t *driver,
                                            const zfssa_get_manageable_volumes_args_t *args,
                                            const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                            zfssa_error_t **err);

/** An existing LUN or snapshot. */
typedef struct zfssa_manageable_entry_t {
    uint32_t size;
    uint32_t safe_to_manage;      /**< 1 when it may be managed safely, else 0. */
    /** Size in GiB, rounded up; for a snapshot, that of its volume. */
    uint64_t size_gib;
    const char *reference;        /**< Cinder's source-name: name of the LUN or snapshot. */
    const char *source_reference; /**< For a snapshot, name of its LUN; empty for a LUN. */
    const char *reason_not_safe;  /**< Reason why it may not be managed; empty when it may. */
    /** Cinder's id of this volume or snapshot; empty when Cinder does not know it. */
    const char *cinder_id;
    const char *extra_info;       /**< Further information for operators, as text. */
} zfssa_manageable_entry_t;

/** The list of LUNs or snapshots that could be managed, or a part of it. */
typedef struct zfssa_manageable_list_t {
    uint32_t size;
    uint32_t count;
    uint64_t total;          /**< Total number of entries. */
    /** Pointers to the entries, in the requested order; NULL when there are none. */
    const zfssa_manageable_entry_t *const *entries;
    const char *next_marker; /**< `marker` of the next page; NULL after the last. */
} zfssa_manageable_list_t;

/** Output of zfssa_get_manageable_volumes() and zfssa_get_manageable_snapshots(). */
const zfssa_manageable_list_t *zfssa_result_manageable_list(const zfssa_result_t *result);

/** Arguments of zfssa_manage_existing_get_size(). */
typedef struct zfssa_manage_existing_get_size_args_t {
    uint32_t size;
    uint32_t flags;
    /** Name of the LUN, Cinder's source-name; NULL: identified by GUID. */
    const char *source_name;
    /**
     * GUID of the LUN, 32 hexadecimal digits; NULL: identified by name. If both are set, both must
     * match.
     */
    const char *source_guid;
} zfssa_manage_existing_get_size_args_t;

/**
 * Returns the size of an existing LUN. Cinder calls it before zfssa_manage_existing().
 *
 * Result: zfssa_result_existing_size().
 * Errors: ZFSSA_E_INVALID_REFERENCE, ZFSSA_E_POOL_NOT_OWNED.
 * Outcomes: NONE.
 * Requests: 1 (depth 1).
 */
zfssa_status_t zfssa_manage_existing_get_size(zfssa_driver_t *driver,
                                              const zfssa_manage_existing_get_size_args_t *args,
                                              const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                              zfssa_error_t **err);

/** The size of an existing LUN or snapshot. */
typedef struct zfssa_existing_size_t {
    uint32_t size;
    uint32_t reserved;
    uint64_t size_gib;   /**< Size in GiB, rounded up. */
    uint64_t size_bytes; /**< Size in bytes. */
} zfssa_existing_size_t;

/** Output of zfssa_manage_existing_get_size() and of its sister for snapshots. */
const zfssa_existing_size_t *zfssa_result_existing_size(const zfssa_result_t *result);

#define ZFSSA_MANAGE_KEEP_PRESENTATION 1 /**< Keep the presentation of the LUN to hosts. */

/** Arguments of zfssa_manage_existing(). */
typedef struct zfssa_manage_existing_args_t {
    uint32_t size;
    uint32_t flags;   /**< 0 or ZFSSA_MANAGE_KEEP_PRESENTATION. */
    const char *name; /**< Name of the volume, such as volume-<uuid>; required. */
    /** Name of the LUN, Cinder's source-name; NULL: identified by GUID. */
    const char *source_name;
    /**
     * GUID of the LUN, 32 hexadecimal digits; NULL: identified by name. If both are set, both must
     * match.
     */
    const char *source_guid;
    /**
     * Extra specs of the volume type. The LUN must match every key zfssa:*; the backend's defaults
     * are not applied. NULL: none.
     */
    const zfssa_pair_t *extra_specs;
    uint32_t extra_specs_count;
    uint32_t reserved;
} zfssa_manage_existing_args_t;

/**
 * Takes an existing LUN under management: one change renames it, sets the property cinder_managed
 * and removes its presentation to hosts. Refuses a LUN that is managed already, that the option
 * zfssa_manage_policy does not allow, or that does not match the volume type. The report names its
 * snapshots, which prevent the volume from being deleted.
 *
 * May be repeated: a managed LUN of this name is returned with `changed` 0.
 *
 * Result: zfssa_result_manage_report().
 * Errors: ZFSSA_E_INVALID_REFERENCE, ZFSSA_E_ALREADY_MANAGED, ZFSSA_E_TYPE_MISMATCH,
 * ZFSSA_E_VOLUME_EXISTS, ZFSSA_E_POOL_NOT_OWNED.
 * Outcomes: any.
 * Requests: 3 (depth 2).
 * Locks: the name that it gets; the name that it has.
 */
zfssa_status_t zfssa_manage_existing(zfssa_driver_t *driver,
                                     const zfssa_manage_existing_args_t *args,
                                     const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                     zfssa_error_t **err);

/** The report of a LUN taken under management. */
typedef struct zfssa_manage_report_t {
    uint32_t size;
    uint32_t changed;              /**< 1 when this call changed it, else 0. */
    uint32_t taken_from_count;
    uint32_t snapshots_count;
    const zfssa_volume_t *volume;  /**< Volume as it is now. */
    const char *previous_name;     /**< Previous name of the LUN. */
    const char *const *taken_from; /**< Initiator groups that lost access to the LUN. */
    const char *const *snapshots;  /**< Snapshots, which prevent the volume from being deleted. */
} zfssa_manage_report_t;

/** Output of zfssa_manage_existing(). */
const zfssa_manage_report_t *zfssa_result_manage_report(const zfssa_result_t *result);

/** Arguments of zfssa_unmanage(). */
typedef struct zfssa_unmanage_args_t {
    uint32_t size;
    uint32_t flags;
    const char *name; /**< Name of the volume; required. */
} zfssa_unmanage_args_t;

/**
 * Releases a volume from management: its LUN is renamed to unmanaged-<name> and can be managed
 * again.
 *
 * Result: zfssa_result_unmanage_report().
 * Errors: ZFSSA_E_VOLUME_NOT_FOUND, ZFSSA_E_POOL_NOT_OWNED.
 * Outcomes: NONE, REJECTED, APPLIED, UNKNOWN.
 * Requests: 1 (depth 1).
 * Locks: the volume.
 */
zfssa_status_t zfssa_unmanage(zfssa_driver_t *driver, const zfssa_unmanage_args_t *args,
                              const zfssa_call_t *call, zfssa_ticket_t *ticket,
                              zfssa_error_t **err);

/** The report of a volume or snapshot released from management. */
typedef struct zfssa_unmanage_report_t {
    uint32_t size;
    uint32_t changed;     /**< 1 when this call renamed it, else 0. */
    const char *name;     /**< Previous name. */
    const char *new_name; /**< New name. */
} zfssa_unmanage_report_t;

/** Output of zfssa_unmanage() and zfssa_unmanage_snapshot(). */
const zfssa_unmanage_report_t *zfssa_result_unmanage_report(const zfssa_result_t *result);

/** @} */

/* ---------------------------------------------------------------------------------------------- */
/** @name Existing snapshots
 * @{ */

/** Arguments of zfssa_get_manageable_snapshots(). `args` may be NULL. */
typedef struct zfssa_get_manageable_snapshots_args_t {
    uint32_t size;
    uint32_t flags;
    /**
     * Reference of the entry before the first one returned; NULL: from the beginning. Fails if
     * there is no such entry.
     */
    const char *marker;
    uint32_t limit;                               /**< Maximum number of entries; 0: no limit. */
    /** Number of entries to skip, from the beginning or from the marker. */
    uint32_t offset;
    const zfssa_known_volume_t *cinder_snapshots; /**< Cinder's snapshots on this backend. */
    /** Sort keys, reference or size, most important first; NULL: reference. */
    const char *const *sort_keys;
    /** Sort directions, asc or desc, for each key; a missing one is the last one given, or asc. */
    const char *const *sort_dirs;
    uint32_t cinder_snapshots_count;
    uint32_t sort_keys_count;
    uint32_t sort_dirs_count;
    uint32_t reserved;
} zfssa_get_manageable_snapshots_args_t;

/**
 * Lists the snapshots in the backend's project, and whether each may be managed. Because snapshots
 * of two volumes may have one name, the marker may also be <volume>@<snapshot>.
 *
 * Result: zfssa_result_manageable_list().
 * Errors: ZFSSA_E_POOL_NOT_OWNED.
 * Outcomes: NONE.
 * Requests: 2 (depth 1).
 */
zfssa_status_t zfssa_get_manageable_snapshots(zfssa_driver_t *driver,
                                              const zfssa_get_manageable_snapshots_args_t *args,
                                              const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                              zfssa_error_t **err);

/** Arguments of zfssa_manage_existing_snapshot_get_size(). */
typedef struct zfssa_manage_existing_snapshot_get_size_args_t {
    uint32_t size;
    uint32_t flags;
    const char *volume;      /**< Name of the LUN; required. */
    const char *source_name; /**< Current name of the snapshot, Cinder's source-name; required. */
} zfssa_manage_existing_snapshot_get_size_args_t;

/**
 * Returns the size of a volume created from an existing snapshot: the current size of the
 * snapshot's volume.
 *
 * Result: zfssa_result_existing_size().
 * Errors: ZFSSA_E_VOLUME_NOT_FOUND, ZFSSA_E_INVALID_REFERENCE, ZFSSA_E_POOL_NOT_OWNED.
 * Outcomes: NONE.
 * Requests: 2 (depth 1).
 */
zfssa_status_t zfssa_manage_existing_snapshot_get_size(
        zfssa_driver_t *driver, const zfssa_manage_existing_snapshot_get_size_args_t *args,
        const zfssa_call_t *call, zfssa_ticket_t *ticket, zfssa_error_t **err);

/** Arguments of zfssa_manage_existing_snapshot(). */
typedef struct zfssa_manage_existing_snapshot_args_t {
    uint32_t size;
    uint32_t flags;
    const char *volume;      /**< Name of the LUN; required. */
    const char *name;        /**< New name, such as snapshot-<uuid>; required. */
    const char *source_name; /**< Current name of the snapshot, Cinder's source-name; required. */
} zfssa_manage_existing_snapshot_args_t;

/**
 * Takes a snapshot of a volume under management: renames it to the name that Cinder uses. Refuses a
 * snapshot whose name belongs to Cinder or to a clone already.
 *
 * May be repeated: if only the new name exists, `changed` is 0.
 *
 * Result: zfssa_result_managed_snapshot().
 * Errors: ZFSSA_E_VOLUME_NOT_FOUND, ZFSSA_E_INVALID_REFERENCE, ZFSSA_E_ALREADY_MANAGED,
 * ZFSSA_E_SNAPSHOT_EXISTS, ZFSSA_E_POOL_NOT_OWNED.
 * Outcomes: NONE, REJECTED, APPLIED, UNKNOWN.
 * Requests: 1 (depth 1).
 * Locks: the volume.
 */
zfssa_status_t zfssa_manage_existing_snapshot(zfssa_driver_t *driver,
                                              const zfssa_manage_existing_snapshot_args_t *args,
                                              const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                              zfssa_error_t **err);

/** The report of a snapshot taken under management. */
typedef struct zfssa_managed_snapshot_t {
    uint32_t size;
    uint32_t changed;                 /**< 1 when this call renamed it, else 0. */
    const zfssa_snapshot_t *snapshot; /**< Snapshot as it is now. */
    const char *previous_name;        /**< Previous name. */
} zfssa_managed_snapshot_t;

/** Output of zfssa_manage_existing_snapshot(). */
const zfssa_managed_snapshot_t *zfssa_result_managed_snapshot(const zfssa_result_t *result);

/** Arguments of zfssa_unmanage_snapshot(). */
typedef struct zfssa_unmanage_snapshot_args_t {
    uint32_t size;
    uint32_t flags;
    const char *volume; /**< Name of the LUN; required. */
    const char *name;   /**< Name of the snapshot; required. */
} zfssa_unmanage_snapshot_args_t;

/**
 * Releases a snapshot from management: it is renamed to unmanaged-<name> and can be managed again.
 *
 * Result: zfssa_result_unmanage_report().
 * Errors: ZFSSA_E_VOLUME_NOT_FOUND, ZFSSA_E_SNAPSHOT_NOT_FOUND, ZFSSA_E_POOL_NOT_OWNED.
 * Outcomes: NONE, REJECTED, APPLIED, UNKNOWN.
 * Requests: 1 (depth 1).
 * Locks: the volume.
 */
zfssa_status_t zfssa_unmanage_snapshot(zfssa_driver_t *driver,
                                       const zfssa_unmanage_snapshot_args_t *args,
                                       const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                       zfssa_error_t **err);

/** @} */

/* ---------------------------------------------------------------------------------------------- */
/** @name Retype and migration
 * @{ */

/** Arguments of zfssa_retype(). */
typedef struct zfssa_retype_args_t {
    uint32_t size;
    uint32_t flags;
    const char *name;                /**< Name of the LUN; required. */
    const zfssa_pair_t *extra_specs; /**< Extra specs of the new volume type. NULL: none. */
    uint32_t extra_specs_count;
    uint32_t reserved;
} zfssa_retype_args_t;

/**
 * Changes a volume to match a volume type, as far as that is possible in place: all properties but
 * block size and encryption. Compression, deduplication and copies apply to data written from then
 * on. A type with another block size or encryption: `in_place` is 0, and nothing was changed.
 *
 * Properties of zfssa_volume_t::properties that neither the type nor the backend sets are inherited
 * from the project again, and limits end; the write cache stays as it is.
 *
 * Result: zfssa_result_retype_report().
 * Errors: ZFSSA_E_VOLUME_NOT_FOUND, ZFSSA_E_TYPE_MISMATCH, ZFSSA_E_POOL_NOT_OWNED.
 * Outcomes: any.
 * Requests: 2 (depth 2).
 * Locks: the volume.
 */
zfssa_status_t zfssa_retype(zfssa_driver_t *driver, const zfssa_retype_args_t *args,
                            const zfssa_call_t *call, zfssa_ticket_t *ticket, zfssa_error_t **err);

/** The report of a retype. */
typedef struct zfssa_retype_report_t {
    uint32_t size;
    /**
     * 1 when the volume matches the type now; 0 when that is impossible in place, and nothing was
     * changed.
     */
    uint32_t in_place;
    uint32_t changes_count;
    uint32_t reserved;
    const char *reason;           /**< Reason why it is impossible in place; empty otherwise. */
    const char *const *changes;   /**< Changes, one sentence each. */
    const zfssa_volume_t *volume; /**< Volume as it is now. */
} zfssa_retype_report_t;

/** Output of zfssa_retype(). */
const zfssa_retype_report_t *zfssa_result_retype_report(const zfssa_result_t *result);

/** Arguments of zfssa_migrate_volume(). */
typedef struct zfssa_migrate_volume_args_t {
    uint32_t size;
    uint32_t flags;
    const char *name;   /**< Name of the LUN; required. */
    /**
     * location_info of the destination's capabilities, from zfssa_get_volume_stats() or the former
     * driver. NULL: the migration is declined.
     */
    const char *location_info;
    const char *status; /**< Cinder's status of the volume; NULL: not checked. */
    /** vendor_name of the destination's capabilities; NULL: not checked. */
    const char *vendor_name;
    /** storage_protocol of the destination's capabilities; NULL: not checked. */
    const char *storage_protocol;
    /**
     * User on the destination; NULL: from the option zfssa_migration_destinations. Recovery after a
     * crash uses only the option.
     */
    const char *login;
    /** Password of the user; NULL without a login. The library wipes its copy after use. */
    const char *password;
} zfssa_migrate_volume_args_t;

/**
 * Migrates a volume to another appliance by replication; it keeps its name there. Declines if that
 * is impossible, which is a result and not an error: copy the data then. After an error the volume
 * is at its source, unless the outcome says otherwise. Choose a timeout that suits the amount of
 * data.
 *
 * Result: zfssa_result_migration().
 * Errors: ZFSSA_E_VOLUME_NOT_FOUND, ZFSSA_E_VOLUME_BUSY, ZFSSA_E_POOL_NOT_OWNED.
 * Outcomes: any.
 * Locks: the volume.
 * Journalled: all of it.
 */
zfssa_status_t zfssa_migrate_volume(zfssa_driver_t *driver, const zfssa_migrate_volume_args_t *args,
                                    const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                    zfssa_error_t **err);

/** The report of a migration. */
typedef struct zfssa_migration_t {
    uint32_t size;
    /** 1 when the volume is at the destination; 0 when the migration was declined. */
    uint32_t migrated;
    /**
     * Reason for declining, as a stable name such as no_space; NULL when migrated. Any version may
     * add reasons.
     */
    const char *declined;
    const char *reason; /**< The reason in one sentence; empty when migrated. */
    const char *guid;   /**< GUID of the volume at the destination; empty when declined. */
    /**
     * Objects that could not be deleted at the source, as text. The volume has moved nevertheless;
     * with a zfssa_state_dir, zfssa_recover() deletes them later.
     */
    const char *const *left_behind;
    uint32_t left_behind_count;
    uint32_t reserved;
} zfssa_migration_t;

/** Output of zfssa_migrate_volume(). */
const zfssa_migration_t *zfssa_result_migration(const zfssa_result_t *result);

/** Arguments of zfssa_update_migrated_volume(). */
typedef struct zfssa_update_migrated_volume_args_t {
    uint32_t size;
    uint32_t flags;
    const char *original_name; /**< Name of the volume that was migrated; required. */
    const char *current_name;  /**< Name of the copy on this backend; required. */
    const char *current_id;    /**< Cinder's id of the copy; NULL: taken from its name. */
    const char *current_guid;  /**< GUID of the copy, from its provider id; NULL: unknown. */
} zfssa_update_migrated_volume_args_t;

/**
 * Renames a volume that was migrated to this backend to the name of the volume that it replaces. If
 * that name is taken, the volume keeps its name, and `name_id` is set. May be repeated if the GUID
 * is set.
 *
 * Result: zfssa_result_migrated_volume().
 * Errors: ZFSSA_E_VOLUME_NOT_FOUND, ZFSSA_E_POOL_NOT_OWNED.
 * Outcomes: NONE, REJECTED, APPLIED, UNKNOWN.
 * Requests: 1 (depth 1); back: 1 (depth 1).
 * Locks: the name that it has; the name that it gets.
 */
zfssa_status_t zfssa_update_migrated_volume(zfssa_driver_t *driver,
                                            const zfssa_update_migrated_volume_args_t *args,
                                            const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                            zfssa_error_t **err);

/** The name of a migrated volume. */
typedef struct zfssa_migrated_volume_t {
    uint32_t size;
    uint32_t renamed;    /**< 1 when this call renamed it, else 0. */
    const char *name;    /**< Current name. */
    const char *name_id; /**< Cinder's _name_id; NULL when the volume has its original name. */
} zfssa_migrated_volume_t;

/** Output of zfssa_update_migrated_volume(). */
const zfssa_migrated_volume_t *zfssa_result_migrated_volume(const zfssa_result_t *result);

/** A snapshot that Cinder knows. */
typedef struct zfssa_known_snapshot_t {
    const char *id;     /**< Cinder's id; required. */
    const char *name;   /**< Name on the appliance; required. */
    const char *volume; /**< Name of its volume on the appliance; required. */
} zfssa_known_snapshot_t;

/** Arguments of zfssa_update_provider_info(). `args` may be NULL. */
typedef struct zfssa_update_provider_info_args_t {
    uint32_t size;
    uint32_t flags;
    const zfssa_known_volume_t *volumes;     /**< Cinder's volumes on this backend. */
    const zfssa_known_snapshot_t *snapshots; /**< Cinder's snapshots on this backend. */
    uint32_t volumes_count;
    uint32_t snapshots_count;
} zfssa_update_provider_info_args_t;

/**
 * Returns which of Cinder's volumes and snapshots exist, and their ids on the appliance.
 *
 * Result: zfssa_result_provider_info().
 * Errors: ZFSSA_E_POOL_NOT_OWNED.
 * Outcomes: NONE.
 * Requests: 2 (depth 1).
 */
zfssa_status_t zfssa_update_provider_info(zfssa_driver_t *driver,
                                          const zfssa_update_provider_info_args_t *args,
                                          const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                          zfssa_error_t **err);

/** The pair of Cinder's id and the provider id of an object. */
typedef struct zfssa_provider_id_t {
    uint32_t size;
    uint32_t reserved;
    const char *id;          /**< Cinder's id. */
    const char *provider_id; /**< Id on the appliance. */
} zfssa_provider_id_t;

/** The report on which objects exist, with their provider ids. */
typedef struct zfssa_provider_info_t {
    uint32_t size;
    uint32_t volumes_count;
    uint32_t snapshots_count;
    uint32_t missing_volumes_count;
    uint32_t missing_snapshots_count;
    uint32_t reserved;
    /** Pointers to the existing volumes; the provider id is the GUID of the LUN. */
    const zfssa_provider_id_t *const *volumes;
    /** Pointers to the existing snapshots; the provider id is <GUID of the LUN>@<name>. */
    const zfssa_provider_id_t *const *snapshots;
    const char *const *missing_volumes;   /**< Cinder's ids of missing volumes. */
    const char *const *missing_snapshots; /**< Cinder's ids of missing snapshots. */
} zfssa_provider_info_t;

/** Output of zfssa_update_provider_info(). */
const zfssa_provider_info_t *zfssa_result_provider_info(const zfssa_result_t *result);

/** @} */

/* ---------------------------------------------------------------------------------------------- */
/** @name Groups
 * @{ */

/** Arguments of zfssa_create_group(). */
typedef struct zfssa_create_group_args_t {
    uint32_t size;
    uint32_t flags;
    const char *id; /**< Cinder's id; required. */
} zfssa_create_group_args_t;

/**
 * Creates a group. The appliance has no groups of volumes: no request is sent.
 *
 * Result: none but zfssa_result_json().
 * Errors: none of its own.
 * Outcomes: NONE.
 * Requests: 0 (depth 0).
 */
zfssa_status_t zfssa_create_group(zfssa_driver_t *driver, const zfssa_create_group_args_t *args,
                                  const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                  zfssa_error_t **err);

/** Arguments of zfssa_update_group(). */
typedef struct zfssa_update_group_args_t {
    uint32_t size;
    uint32_t flags;
    const char *id;                    /**< Cinder's id; required. */
    const char *const *add_volumes;    /**< Names of the volumes to add. */
    const char *const *remove_volumes; /**< Names of the volumes to remove. */
    uint32_t add_volumes_count;
    uint32_t remove_volumes_count;
} zfssa_update_group_args_t;

/**
 * Adds volumes to a group and removes volumes from it. Changes nothing on the appliance; added
 * volumes must exist.
 *
 * Result: none but zfssa_result_json().
 * Errors: ZFSSA_E_VOLUME_NOT_FOUND, ZFSSA_E_POOL_NOT_OWNED.
 * Outcomes: NONE.
 * Requests: 1 (depth 1).
 */
zfssa_status_t zfssa_update_group(zfssa_driver_t *driver, const zfssa_update_group_args_t *args,
                                  const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                  zfssa_error_t **err);

/** Arguments of zfssa_delete_group(). */
typedef struct zfssa_delete_group_args_t {
    uint32_t size;
    uint32_t flags;
    const char *id;             /**< Cinder's id; required. */
    const char *const *volumes; /**< Names of its volumes. */
    uint32_t volumes_count;
    uint32_t reserved;
} zfssa_delete_group_args_t;

/**
 * Deletes the volumes of a group, clones first, and reports on each. The deletion of a volume is
 * deferred, by the policy of zfssa_delete_volume(), only if volumes outside the group are clones of
 * it.
 *
 * Result: zfssa_result_group_delete_report().
 * Errors: none of its own.
 * Outcomes: any.
 * Requests: 4 clones of each kind: 40 (depth 4).
 * Locks: each volume; each clone of a volume that is deferred (shared, and released at once); each
 * deferred volume that may have lost its last clone.
 * Journalled: the deletion of clones.
 */
zfssa_status_t zfssa_delete_group(zfssa_driver_t *driver, const zfssa_delete_group_args_t *args,
                                  const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                  zfssa_error_t **err);

/** The report of the deletion of one volume or snapshot of a group. */
typedef struct zfssa_deleted_part_t {
    uint32_t size;
    uint32_t deleted;      /**< 1 when it was deleted, else 0. */
    uint32_t existed;      /**< 1 when it existed before the call, else 0. */
    zfssa_status_t status; /**< Status of the failure; 0 when it was deleted. */
    const char *name;      /**< Name of the volume, or volume@snapshot. */
    const char *error;     /**< Reason of the failure; empty when it was deleted. */
} zfssa_deleted_part_t;

/** The report of the deletion of a group. */
typedef struct zfssa_group_delete_report_t {
    uint32_t size;
    uint32_t all_deleted; /**< 1 when all were deleted, else 0. */
    uint32_t count;
    uint32_t reserved;
    /** Pointers to the parts, in the order of the request. */
    const zfssa_deleted_part_t *const *parts;
} zfssa_group_delete_report_t;

/** Output of zfssa_delete_group() and zfssa_delete_group_snapshot(). */
const zfssa_group_delete_report_t *zfssa_result_group_delete_report(const zfssa_result_t *result);

/** A volume of a group, and its snapshot. */
typedef struct zfssa_group_member_t {
    const char *volume;   /**< Name of the LUN; required. */
    const char *snapshot; /**< Name of the snapshot; required. */
} zfssa_group_member_t;

/** Arguments of zfssa_create_group_snapshot(). */
typedef struct zfssa_create_group_snapshot_args_t {
    uint32_t size;
    uint32_t flags;
    const char *id;                      /**< Cinder's id; required. */
    const zfssa_group_member_t *members; /**< The volumes and their snapshots. */
    uint32_t members_count;
    uint32_t reserved;
} zfssa_create_group_snapshot_args_t;

/**
 * Creates snapshots of all volumes of a group at one instant: all of them or none. May be repeated
 * with the same id.
 *
 * Result: zfssa_result_snapshots().
 * Errors: ZFSSA_E_VOLUME_NOT_FOUND, ZFSSA_E_SNAPSHOT_EXISTS, ZFSSA_E_POOL_NOT_OWNED.
 * Outcomes: any.
 * Requests: 4 volumes: 6 (depth 3).
 * Locks: each volume (shared).
 */
zfssa_status_t zfssa_create_group_snapshot(zfssa_driver_t *driver,
                                           const zfssa_create_group_snapshot_args_t *args,
                                           const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                           zfssa_error_t **err);

/** Arguments of zfssa_delete_group_snapshot(). */
typedef struct zfssa_delete_group_snapshot_args_t {
    uint32_t size;
    uint32_t flags;
    const char *id;                      /**< Cinder's id; required. */
    const zfssa_group_member_t *members; /**< The volumes and their snapshots. */
    uint32_t members_count;
    uint32_t reserved;
} zfssa_delete_group_snapshot_args_t;

/**
 * Deletes the snapshots of a group, and reports on each. Also deletes the temporary snapshot of the
 * project that an interrupted zfssa_create_group_snapshot() with this id left; no member needs to
 * exist for that.
 *
 * Result: zfssa_result_group_delete_report().
 * Errors: none of its own.
 * Outcomes: any.
 * Requests: 4 volumes: 11 (depth 3).
 * Locks: each volume; each clone of a snapshot that is deferred (shared, and released at once).
 */
zfssa_status_t zfssa_delete_group_snapshot(zfssa_driver_t *driver,
                                           const zfssa_delete_group_snapshot_args_t *args,
                                           const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                           zfssa_error_t **err);

/** A volume of a new group. */
typedef struct zfssa_group_clone_t {
    const char *name;                /**< Name of the new LUN; required. */
    const char *source_volume;       /**< Name of the source LUN; required. */
    /**
     * Snapshot of the source. NULL: the current state of the source, at one instant for all
     * sources.
     */
    const char *snapshot;
    uint64_t size_gib;               /**< Size in GiB, at least that of the source. */
    const zfssa_pair_t *extra_specs; /**< Extra specs of the volume type. NULL: none. */
    uint32_t extra_specs_count;
    uint32_t reserved;
} zfssa_group_clone_t;

/** Arguments of zfssa_create_group_from_src(). */
typedef struct zfssa_create_group_from_src_args_t {
    uint32_t size;
    uint32_t flags;
    const char *id;                     /**< Cinder's id; required. */
    const zfssa_group_clone_t *volumes; /**< The volumes of the new group. */
    uint32_t volumes_count;
    uint32_t reserved;
} zfssa_create_group_from_src_args_t;

/**
 * Creates the volumes of a group from the snapshots of another, or from its volumes at one instant:
 * all of them or none.
 *
 * Result: zfssa_result_volumes().
 * Errors: ZFSSA_E_VOLUME_NOT_FOUND, ZFSSA_E_SNAPSHOT_NOT_FOUND, ZFSSA_E_VOLUME_EXISTS,
 * ZFSSA_E_SNAPSHOT_EXISTS, ZFSSA_E_INVALID_SIZE, ZFSSA_E_TYPE_MISMATCH, ZFSSA_E_VOLUME_BUSY,
 * ZFSSA_E_POOL_NOT_OWNED.
 * Outcomes: any.
 * Requests: 4 snapshots: 4 (depth 1); 4 volumes: 10 (depth 4).
 * Locks: each new volume; each source (shared).
 * Journalled: the making of each clone.
 */
zfssa_status_t zfssa_create_group_from_src(zfssa_driver_t *driver,
                                           const zfssa_create_group_from_src_args_t *args,
                                           const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                           zfssa_error_t **err);

/** @} */

/* ---------------------------------------------------------------------------------------------- */
/** @name Recovery and audit
 * @{ */

/** Arguments of zfssa_recover(). `args` may be NULL. */
typedef struct zfssa_recover_args_t {
    uint32_t size;
    uint32_t flags;
    /**
     * Ids of operations whose processes died before their results were received and whose journals
     * may be lost: the objects that they created are searched for and deleted. NULL: none.
     */
    const char *const *operations;
    uint32_t operations_count;
    uint32_t reserved;
} zfssa_recover_args_t;

/**
 * Completes or rolls back the interrupted operations of dead processes, as zfssa_do_setup() does.
 * May be called at any time and repeated.
 *
 * Result: zfssa_result_recover_report().
 * Errors: none of its own.
 * Outcomes: any.
 * Requests: nothing is left: 0 (depth 0).
 * Locks: each volume that is recovered; the source of a clone that is recovered (shared); the image
 * of a cache entry that is recovered.
 * Journalled: a recovered journal stays until it is settled.
 */
zfssa_status_t zfssa_recover(zfssa_driver_t *driver, const zfssa_recover_args_t *args,
                             const zfssa_call_t *call, zfssa_ticket_t *ticket, zfssa_error_t **err);

#define ZFSSA_RECOVERY_FINISHED 0 /**< The operation was completed. */
#define ZFSSA_RECOVERY_ROLLED_BACK 1 /**< The operation was rolled back. */
/** Neither was possible now. The journal stays, and recovery can be repeated. */
#define ZFSSA_RECOVERY_FAILED 2
/**
 * A request without response may still be carried out, for the time of zfssa_late_request_timeout.
 * The journal stays; repeat the recovery after that time.
 */
#define ZFSSA_RECOVERY_IN_DOUBT 3

/** An interrupted operation of a dead process. */
typedef struct zfssa_recovered_flow_t {
    uint32_t size;
    uint32_t settled;      /**< One of the ZFSSA_RECOVERY_ numbers. */
    const char *flow;      /**< Kind of operation. */
    const char *object;    /**< Object of the operation. */
    const char *operation; /**< Id of the operation. */
    const char *message;   /**< Outcome, in one sentence. */
} zfssa_recovered_flow_t;

#define ZFSSA_JOURNAL_FINDING_BUSY 0   /**< A live process uses the journal. */
/** The journal belongs to another backend, whose setup recovers it. */
#define ZFSSA_JOURNAL_FINDING_OTHER_BACKEND 1
/** The file is damaged or no journal, and was renamed. */
#define ZFSSA_JOURNAL_FINDING_SET_ASIDE 2
#define ZFSSA_JOURNAL_FINDING_FAILED 3 /**< The file could not be read or renamed. */

/** A file in the journal directory that was not recovered. */
typedef struct zfssa_journal_finding_t {
    uint32_t size;
    uint32_t kind;    /**< One of the ZFSSA_JOURNAL_FINDING_ numbers. */
    const char *path; /**< Path of the file, or `etcd:` and the key. */
    /**
     * Name of the other backend, host and process that work on it, damage or failure; may be empty.
     */
    const char *detail;
} zfssa_journal_finding_t;

/** The report of a recovery. */
typedef struct zfssa_recover_report_t {
    uint32_t size;
    uint32_t recovered_count;
    uint32_t findings_count;
    uint32_t reserved;
    const zfssa_recovered_flow_t *const *recovered; /**< Pointers to the interrupted operations. */
    /** Pointers to the files that were not recovered. */
    const zfssa_journal_finding_t *const *findings;
} zfssa_recover_report_t;

/** Output of zfssa_recover(). */
const zfssa_recover_report_t *zfssa_result_recover_report(const zfssa_result_t *result);

/**
 * Delete temporary snapshots and cached images without dependents, roll back abandoned migrations,
 * and recover journals.
 */
#define ZFSSA_AUDIT_FIX 1
/**
 * Also delete volumes that are not in the list `volumes`. Refused with an empty list. A volume is
 * deleted only if at least `min_age_s` passed since it was created, managed, renamed or migrated
 * here. A volume of unknown age, such as one of the former driver, is reported and never deleted.
 */
#define ZFSSA_AUDIT_FIX_VOLUMES 2
#define ZFSSA_AUDIT_ANY_AGE 4 /**< Ignore `min_age_s`. */

/** Arguments of zfssa_audit(). `args` may be NULL. */
typedef struct zfssa_audit_args_t {
    uint32_t size;
    uint32_t flags;     /**< ZFSSA_AUDIT_FIX and the others; 0: report only. */
    /**
     * Names of the volumes that the host's own database has on this backend; pass all of them. The
     * audit reports a volume that is not in the list with the kind volume, and a name in the list
     * that the appliance does not have with the kind missing_volume. With an empty list it reports
     * every volume.
     */
    const char *const *volumes;
    /**
     * Names of the snapshots that the host's own database has on this backend, without the names of
     * their volumes; pass all of them. The kinds are snapshot and missing_snapshot. With an empty
     * list the audit reports every snapshot made for Cinder.
     */
    const char *const *snapshots;
    uint32_t volumes_count;
    uint32_t snapshots_count;
    uint64_t min_age_s; /**< Minimum age, in seconds; younger objects are skipped. 0: one hour. */
    const char *marker; /**< `next_marker` of the page before; NULL: from the beginning. */
    /** Maximum number of findings; 0: no limit. The audit itself is always complete. */
    uint32_t limit;
    uint32_t reserved;
} zfssa_audit_args_t;

/**
 * Finds objects without an owner: volumes, snapshots, cached images, remains of migrations,
 * journals. Changes nothing without ZFSSA_AUDIT_FIX or ZFSSA_AUDIT_FIX_VOLUMES. With them, only
 * objects that carry the engine's marker and have no dependents are deleted.
 *
 * Result: zfssa_result_audit_report().
 * Errors: ZFSSA_E_POOL_NOT_OWNED.
 * Outcomes: any.
 * Requests: 6 (depth 1).
 * Locks: each volume that is repaired, deleted or recovered; the source of a clone that is
 * recovered (shared); the image of a cache entry that is deleted or recovered; the image of a cache
 * entry that loses its last clone (shared).
 * Journalled: the deletion of a clone; a recovered journal stays until it is settled.
 */
zfssa_status_t zfssa_audit(zfssa_driver_t *driver, const zfssa_audit_args_t *args,
                           const zfssa_call_t *call, zfssa_ticket_t *ticket, zfssa_error_t **err);

/** An object without owner, or a missing object. */
typedef struct zfssa_audit_finding_t {
    uint32_t size;
    uint32_t fixable;   /**< 1 when a flag would delete it, else 0. */
    uint32_t fixed;     /**< 1 when this call deleted it, else 0. */
    uint32_t reserved;
    /**
     * Kind: volume, temporary_snapshot, project_snapshot, snapshot, cache_entry, deferred,
     * migration, temporary_project, replication_action, replication_package, journal,
     * missing_volume or missing_snapshot.
     */
    const char *kind;
    const char *object; /**< Name; for a snapshot, volume@snapshot. */
    const char *detail; /**< Details for operators, as text. */
    const char *error;  /**< Reason why the deletion failed; empty otherwise. */
} zfssa_audit_finding_t;

/** The report of an audit. */
typedef struct zfssa_audit_report_t {
    uint32_t size;
    uint32_t fixed;          /**< Number of deleted objects among the findings. */
    uint32_t findings_count;
    uint32_t not_looked_at_count;
    /** Pointers to the objects without owner and the missing objects, ordered by kind and name. */
    const zfssa_audit_finding_t *const *findings;
    /** Objects that could not be examined, one sentence each. On the first page. */
    const char *const *not_looked_at;
    const char *next_marker; /**< `marker` of the next page; NULL after the last. */
} zfssa_audit_report_t;

/** Output of zfssa_audit(). */
const zfssa_audit_report_t *zfssa_result_audit_report(const zfssa_result_t *result);

/** @} */

/* ---------------------------------------------------------------------------------------------- */
/** @name API tokens
 * @{ */

/**
 * Keep the former tokens of the name valid until they expire, or until the next call without this
 * flag.
 */
#define ZFSSA_TOKEN_KEEP_FORMER 1

/** Arguments of zfssa_create_api_token(). */
typedef struct zfssa_create_api_token_args_t {
    uint32_t size;
    uint32_t flags; /**< 0 or ZFSSA_TOKEN_KEEP_FORMER. */
    /**
     * Name of the token, 1 to 48 characters: letters, digits, _ and -; required. The library adds
     * "-" and eight hexadecimal digits. Use another name for each token file: a call revokes the
     * other tokens of its name.
     */
    const char *name;
    /**
     * How long the token is valid, 60 to 315360000 seconds; required. The limit of the appliance is
     * not documented.
     */
    uint64_t lifetime_s;
    /** Absolute path of the file for the token; NULL: that of the option zfssa_token_file. */
    const char *token_file;
    /**
     * Password of the user san_login; NULL: the option san_password. The appliance makes a token
     * for a user name and password only, so a backend with zfssa_token_file must give it. The
     * library wipes its copy after use.
     */
    const char *password;
} zfssa_create_api_token_args_t;

/**
 * Creates a persistent API token of the user san_login, writes it into a file for the option
 * zfssa_token_file, and revokes the former tokens of the same name. Needs REST API v2 (OS8.8).
 *
 * The token is first written to a file next to the token file (with ".new" at its end) and proven
 * to work. Then it replaces the token file at once, with mode 0600, or with owner and group of the
 * former file. A reader, or a crash, sees the former token or the new one.
 *
 * Up to that point a failure revokes the new token (ZFSSA_OUTCOME_ROLLED_BACK), and the former ones
 * stay valid. ZFSSA_OUTCOME_PARTIAL: the token file was replaced, and the error names the tokens
 * that may still be valid. ZFSSA_E_AGAIN: another call is replacing the same file. After a lost
 * answer the library asks for another token; one that was made without an answer has no holder, and
 * this or the next call revokes it.
 *
 * Result: zfssa_result_api_token().
 * Errors: none of its own.
 * Outcomes: any.
 * Requests: first: 3 (depth 3); rotation: 4 (depth 4).
 */
zfssa_status_t zfssa_create_api_token(zfssa_driver_t *driver,
                                      const zfssa_create_api_token_args_t *args,
                                      const zfssa_call_t *call, zfssa_ticket_t *ticket,
                                      zfssa_error_t **err);

/** A persistent API token that was created. Its value is in the file only. */
typedef struct zfssa_api_token_t {
    uint32_t size;
    uint32_t revoked_count;
    const char *id;             /**< Its id on the appliance, a UUID. */
    const char *name;           /**< Its name on the appliance, with the suffix of the library. */
    /**
     * When it expires, as the appliance says it, such as 2020-04-30T03:20:31Z; empty if it does
     * not.
     */
    const char *expiration;
    const char *token_file;     /**< Path of the file that holds it. */
    const char *const *revoked; /**< Names of the former tokens that were revoked. */
} zfssa_api_token_t;

/** Output of zfssa_create_api_token(). */
const zfssa_api_token_t *zfssa_result_api_token(const zfssa_result_t *result);

/** @} */

#ifdef __cplusplus
}
#endif

#endif /* ZFSSA_H */
