"""ctypes declarations of the C ABI.

Generated from docs/abi/zfssa.json by tools/generate.py; do not edit.
"""

from __future__ import annotations

from ctypes import (
    POINTER,
    Structure,
    c_char_p,
    c_double,
    c_int32,
    c_int64,
    c_uint32,
    c_uint64,
    c_void_p,
)
from typing import Any

ZFSSA_VERSION = "1.0.0"
ZFSSA_ABI_MAJOR = 1
ZFSSA_ABI_MINOR = 0
ZFSSA_MAX_NAME = 4096
ZFSSA_MAX_TEXT = 1048576
ZFSSA_MAX_ITEMS = 1048576
ZFSSA_OK = 0
ZFSSA_E_INVALID_ARGUMENT = -1
ZFSSA_E_STALE = -2
ZFSSA_E_FORKED = -3
ZFSSA_E_CLOSED = -4
ZFSSA_E_AGAIN = -5
ZFSSA_E_WOULD_DEADLOCK = -6
ZFSSA_E_UNSUPPORTED = -7
ZFSSA_E_ABI = -8
ZFSSA_E_CONFIG = -9
ZFSSA_E_INTERNAL = -10
ZFSSA_E_TIMED_OUT = -11
ZFSSA_E_CANCELLED = -12
ZFSSA_E_DEADLINE = -13
ZFSSA_E_SHUTDOWN = -14
ZFSSA_E_LOCAL_IO = -15
ZFSSA_E_RESOLVE = -100
ZFSSA_E_CONNECT = -101
ZFSSA_E_TLS = -102
ZFSSA_E_TLS_PIN = -103
ZFSSA_E_CONNECTION_LOST = -104
ZFSSA_E_REQUEST_TIMEOUT = -105
ZFSSA_E_PROTOCOL = -106
ZFSSA_E_COORDINATION = -107
ZFSSA_E_UNAUTHENTICATED = -200
ZFSSA_E_DENIED = -201
ZFSSA_E_NOT_FOUND = -202
ZFSSA_E_EXISTS = -203
ZFSSA_E_BUSY = -204
ZFSSA_E_STATE_CHANGED = -205
ZFSSA_E_CONFIRM_REQUIRED = -206
ZFSSA_E_OVER_LIMIT = -207
ZFSSA_E_INVALID_VALUE = -208
ZFSSA_E_NOT_IMPLEMENTED = -209
ZFSSA_E_REST_UNAVAILABLE = -210
ZFSSA_E_FAULT = -211
ZFSSA_E_NO_SPACE = -212
ZFSSA_E_VOLUME_NOT_FOUND = -300
ZFSSA_E_SNAPSHOT_NOT_FOUND = -301
ZFSSA_E_VOLUME_BUSY = -302
ZFSSA_E_SNAPSHOT_BUSY = -303
ZFSSA_E_VOLUME_EXISTS = -304
ZFSSA_E_SNAPSHOT_EXISTS = -305
ZFSSA_E_INVALID_SIZE = -306
ZFSSA_E_INVALID_CONNECTOR = -307
ZFSSA_E_SETUP_INCOMPLETE = -308
ZFSSA_E_POOL_NOT_OWNED = -309
ZFSSA_E_ALREADY_MANAGED = -310
ZFSSA_E_INVALID_REFERENCE = -311
ZFSSA_E_TYPE_MISMATCH = -312
ZFSSA_E_REVERT_BLOCKED = -313
ZFSSA_E_TRANSFER = -320
ZFSSA_OUTCOME_NONE = 0
ZFSSA_OUTCOME_REJECTED = 1
ZFSSA_OUTCOME_APPLIED = 2
ZFSSA_OUTCOME_UNKNOWN = 3
ZFSSA_OUTCOME_ROLLED_BACK = 4
ZFSSA_OUTCOME_PARTIAL = 5
ZFSSA_OPTION_REQUIRED = 1
ZFSSA_OPTION_SECRET = 2
ZFSSA_OPTION_BOUNDED = 4
ZFSSA_ORIGIN_CINDER = 0
ZFSSA_ORIGIN_REFERENCE = 1
ZFSSA_ORIGIN_LIBRARY = 2
ZFSSA_CLOSE_DRAIN = 0
ZFSSA_CLOSE_CANCEL = 1
ZFSSA_CALL_PROGRESS = 1
ZFSSA_EV_COMPLETION = 1
ZFSSA_EV_WAKE = 2
ZFSSA_EV_PROGRESS = 3
ZFSSA_EV_TRANSFER = 4
ZFSSA_EV_LOG = 5
ZFSSA_LOG_OFF = 0
ZFSSA_LOG_ERROR = 1
ZFSSA_LOG_WARN = 2
ZFSSA_LOG_INFO = 3
ZFSSA_LOG_DEBUG = 4
ZFSSA_LOG_TRACE = 5
ZFSSA_INITIALIZE_EXCLUSIVE = 1
ZFSSA_TERMINATE_STILL_ATTACHED = 1
ZFSSA_MANAGE_KEEP_PRESENTATION = 1
ZFSSA_RECOVERY_FINISHED = 0
ZFSSA_RECOVERY_ROLLED_BACK = 1
ZFSSA_RECOVERY_FAILED = 2
ZFSSA_RECOVERY_IN_DOUBT = 3
ZFSSA_JOURNAL_FINDING_BUSY = 0
ZFSSA_JOURNAL_FINDING_OTHER_BACKEND = 1
ZFSSA_JOURNAL_FINDING_SET_ASIDE = 2
ZFSSA_JOURNAL_FINDING_FAILED = 3
ZFSSA_AUDIT_FIX = 1
ZFSSA_AUDIT_FIX_VOLUMES = 2
ZFSSA_AUDIT_ANY_AGE = 4
ZFSSA_TOKEN_KEEP_FORMER = 1


class zfssa_pair_t(Structure):
    _fields_ = [
        ("key", c_char_p),
        ("value", c_char_p),
    ]


class zfssa_error_info_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("status", c_int32),
        ("outcome", c_uint32),
        ("retryable", c_uint32),
        ("http_status", c_uint32),
        ("attempts", c_uint32),
        ("retry_after_ms", c_int64),
        ("text", c_char_p),
        ("message", c_char_p),
        ("fault", c_char_p),
        ("operation", c_char_p),
        ("resource", c_char_p),
        ("left_behind", POINTER(c_char_p)),
        ("causes", POINTER(c_char_p)),
        ("left_behind_count", c_uint32),
        ("causes_count", c_uint32),
    ]


class zfssa_option_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("name", c_char_p),
        ("kind", c_char_p),
        ("default_value", c_char_p),
        ("help", c_char_p),
        ("unit", c_char_p),
        ("deprecated", c_char_p),
        ("since", c_char_p),
        ("choices", POINTER(c_char_p)),
        ("choices_count", c_uint32),
        ("origin", c_uint32),
        ("min", c_int64),
        ("max", c_int64),
    ]


class zfssa_call_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("timeout_ms", c_int64),
        ("queue", c_void_p),
        ("user_data", c_uint64),
        ("callback", c_void_p),
        ("context", c_void_p),
        ("drop", c_void_p),
        ("operation_id", c_char_p),
        ("traceparent", c_char_p),
    ]


class zfssa_event_t(Structure):
    _fields_ = [
        ("kind", c_uint32),
        ("flags", c_uint32),
        ("ticket", c_uint64),
        ("user_data", c_uint64),
        ("result", c_void_p),
    ]


class zfssa_progress_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("reserved", c_uint32),
        ("step", c_char_p),
        ("done", c_uint64),
        ("total", c_uint64),
    ]


class zfssa_log_record_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("level", c_uint32),
        ("time_ns", c_int64),
        ("lost", c_uint64),
        ("target", c_char_p),
        ("message", c_char_p),
        ("fields", c_char_p),
        ("operation", c_char_p),
        ("resource", c_char_p),
        ("operation_id", c_char_p),
    ]


class zfssa_log_list_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("count", c_uint32),
        ("records", POINTER(POINTER(zfssa_log_record_t))),
    ]


class zfssa_operation_count_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("reserved", c_uint32),
        ("result", c_char_p),
        ("count", c_uint64),
    ]


class zfssa_request_durations_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("buckets_count", c_uint32),
        ("resource", c_char_p),
        ("verb", c_char_p),
        ("count", c_uint64),
        ("sum_us", c_uint64),
        ("bounds_us", POINTER(c_uint64)),
        ("buckets", POINTER(c_uint64)),
    ]


class zfssa_lock_waits_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("buckets_count", c_uint32),
        ("count", c_uint64),
        ("sum_us", c_uint64),
        ("bounds_us", POINTER(c_uint64)),
        ("buckets", POINTER(c_uint64)),
        ("contended", c_uint64),
    ]


class zfssa_metric_values_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("operations_count", c_uint32),
        ("durations_count", c_uint32),
        ("reserved", c_uint32),
        ("requests", c_uint64),
        ("requests_unanswered", c_uint64),
        ("requests_in_flight", c_uint64),
        ("requests_waiting", c_uint64),
        ("retries", c_uint64),
        ("logins", c_uint64),
        ("logouts", c_uint64),
        ("connections_opened", c_uint64),
        ("connections_open", c_uint64),
        ("connections_limit", c_uint64),
        ("connections_max", c_uint64),
        ("changes_in_doubt", c_uint64),
        ("operations_in_flight", c_uint64),
        ("unknown_outcomes", c_uint64),
        ("rollbacks", c_uint64),
        ("operations", POINTER(POINTER(zfssa_operation_count_t))),
        ("durations", POINTER(POINTER(zfssa_request_durations_t))),
        ("lock_waits", POINTER(zfssa_lock_waits_t)),
        ("lease_remaining_us", c_uint64),
        ("leases_lost", c_uint64),
        ("coordination_requests", c_uint64),
        ("coordination_requests_failed", c_uint64),
        ("connections_share", c_uint64),
        ("connections_wanted", c_uint64),
    ]


class zfssa_echo_args_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("message", c_char_p),
        ("delay_ms", c_uint64),
        ("fail_with", c_int32),
        ("reserved", c_uint32),
    ]


class zfssa_echo_reply_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("reserved", c_uint32),
        ("message", c_char_p),
    ]


class zfssa_get_certificate_args_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
    ]


class zfssa_certificate_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("reserved", c_uint32),
        ("sha256", c_char_p),
        ("pem", c_char_p),
    ]


class zfssa_check_for_setup_error_args_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
    ]


class zfssa_check_report_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("warnings_count", c_uint32),
        ("warnings", POINTER(c_char_p)),
    ]


class zfssa_do_setup_args_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
    ]


class zfssa_setup_report_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("target_portals_count", c_uint32),
        ("changes_count", c_uint32),
        ("warnings_count", c_uint32),
        ("appliance", c_char_p),
        ("software_version", c_char_p),
        ("target_iqn", c_char_p),
        ("target_portals", POINTER(c_char_p)),
        ("changes", POINTER(c_char_p)),
        ("warnings", POINTER(c_char_p)),
    ]


class zfssa_get_volume_stats_args_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
    ]


class zfssa_volume_stats_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("reserved_percentage", c_uint32),
        ("thin_provisioning_support", c_uint32),
        ("thick_provisioning_support", c_uint32),
        ("multiattach", c_uint32),
        ("online_extend_support", c_uint32),
        ("qos_support", c_uint32),
        ("clone_across_pools", c_uint32),
        ("total_volumes", c_uint64),
        ("total_capacity_bytes", c_uint64),
        ("free_capacity_bytes", c_uint64),
        ("provisioned_capacity_bytes", c_uint64),
        ("total_capacity_gb", c_double),
        ("free_capacity_gb", c_double),
        ("provisioned_capacity_gb", c_double),
        ("allocated_capacity_gb", c_double),
        ("volume_backend_name", c_char_p),
        ("vendor_name", c_char_p),
        ("driver_version", c_char_p),
        ("storage_protocol", c_char_p),
        ("pool_name", c_char_p),
        ("max_over_subscription_ratio", c_char_p),
        ("backend_state", c_char_p),
        ("location_info", c_char_p),
        ("zfssa_poolprofile", c_char_p),
        ("zfssa_volblocksize", c_char_p),
        ("zfssa_sparse", c_char_p),
        ("zfssa_compression", c_char_p),
        ("zfssa_logbias", c_char_p),
    ]


class zfssa_create_volume_args_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("name", c_char_p),
        ("size_gib", c_uint64),
        ("extra_specs", POINTER(zfssa_pair_t)),
        ("extra_specs_count", c_uint32),
        ("reserved", c_uint32),
    ]


class zfssa_origin_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("reserved", c_uint32),
        ("project", c_char_p),
        ("volume", c_char_p),
        ("snapshot", c_char_p),
    ]


class zfssa_volume_property_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("reserved", c_uint32),
        ("name", c_char_p),
        ("value", c_char_p),
    ]


class zfssa_volume_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("block_size_bytes", c_uint32),
        ("sparse", c_uint32),
        ("managed", c_int32),
        ("created", c_uint32),
        ("initiator_groups_count", c_uint32),
        ("size_bytes", c_uint64),
        ("used_bytes", c_uint64),
        ("name", c_char_p),
        ("pool", c_char_p),
        ("project", c_char_p),
        ("guid", c_char_p),
        ("compression", c_char_p),
        ("logbias", c_char_p),
        ("target_group", c_char_p),
        ("created_at", c_char_p),
        ("initiator_groups", POINTER(c_char_p)),
        ("origin", POINTER(zfssa_origin_t)),
        ("properties_count", c_uint32),
        ("reserved", c_uint32),
        ("properties", POINTER(POINTER(zfssa_volume_property_t))),
    ]


class zfssa_delete_volume_args_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("name", c_char_p),
    ]


class zfssa_delete_report_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("existed", c_uint32),
    ]


class zfssa_extend_volume_args_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("name", c_char_p),
        ("size_gib", c_uint64),
    ]


class zfssa_get_volume_args_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("name", c_char_p),
    ]


class zfssa_list_volumes_args_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("prefix", c_char_p),
        ("marker", c_char_p),
        ("limit", c_uint32),
        ("reserved", c_uint32),
    ]


class zfssa_volumes_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("count", c_uint32),
        ("volumes", POINTER(POINTER(zfssa_volume_t))),
        ("next_marker", c_char_p),
    ]


class zfssa_create_snapshot_args_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("volume", c_char_p),
        ("name", c_char_p),
    ]


class zfssa_snapshot_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("created", c_uint32),
        ("clones", c_uint64),
        ("unique_bytes", c_uint64),
        ("name", c_char_p),
        ("volume", c_char_p),
        ("pool", c_char_p),
        ("project", c_char_p),
        ("created_at", c_char_p),
    ]


class zfssa_delete_snapshot_args_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("volume", c_char_p),
        ("name", c_char_p),
    ]


class zfssa_list_snapshots_args_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("volume", c_char_p),
        ("marker", c_char_p),
        ("limit", c_uint32),
        ("reserved", c_uint32),
    ]


class zfssa_snapshots_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("count", c_uint32),
        ("snapshots", POINTER(POINTER(zfssa_snapshot_t))),
        ("next_marker", c_char_p),
    ]


class zfssa_revert_to_snapshot_args_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("volume", c_char_p),
        ("snapshot", c_char_p),
        ("size_gib", c_uint64),
    ]


class zfssa_create_volume_from_snapshot_args_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("name", c_char_p),
        ("size_gib", c_uint64),
        ("source_volume", c_char_p),
        ("snapshot", c_char_p),
        ("extra_specs", POINTER(zfssa_pair_t)),
        ("extra_specs_count", c_uint32),
        ("reserved", c_uint32),
    ]


class zfssa_create_cloned_volume_args_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("name", c_char_p),
        ("id", c_char_p),
        ("size_gib", c_uint64),
        ("source_volume", c_char_p),
        ("extra_specs", POINTER(zfssa_pair_t)),
        ("extra_specs_count", c_uint32),
        ("reserved", c_uint32),
    ]


class zfssa_clone_image_args_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("name", c_char_p),
        ("size_gib", c_uint64),
        ("image_id", c_char_p),
        ("image_updated_at", c_char_p),
        ("image_virtual_size", c_uint64),
        ("initiator", c_char_p),
        ("extra_specs", POINTER(zfssa_pair_t)),
        ("extra_specs_count", c_uint32),
        ("reserved", c_uint32),
        ("image_path", c_char_p),
        ("image_format", c_char_p),
        ("qemu_img", c_char_p),
        ("transfer", c_void_p),
        ("transfer_context", c_void_p),
        ("transfer_drop", c_void_p),
    ]


class zfssa_cloned_image_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("transferred", c_uint32),
        ("volume", POINTER(zfssa_volume_t)),
        ("declined", c_char_p),
        ("cache_entry", c_char_p),
    ]


class zfssa_initialize_connection_args_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("volume", c_char_p),
        ("volume_id", c_char_p),
        ("initiator", c_char_p),
        ("host_name", c_char_p),
    ]


class zfssa_connection_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("target_discovered", c_uint32),
        ("target_lun", c_uint32),
        ("discard", c_uint32),
        ("changed", c_uint32),
        ("paths_count", c_uint32),
        ("initiator_groups_count", c_uint32),
        ("reserved", c_uint32),
        ("driver_volume_type", c_char_p),
        ("volume_id", c_char_p),
        ("target_portal", c_char_p),
        ("target_iqn", c_char_p),
        ("target_portals", POINTER(c_char_p)),
        ("target_iqns", POINTER(c_char_p)),
        ("target_luns", POINTER(c_uint32)),
        ("initiator_groups", POINTER(c_char_p)),
        ("auth_method", c_char_p),
        ("auth_username", c_char_p),
        ("auth_password", c_char_p),
        ("target_auth_method", c_char_p),
        ("target_auth_username", c_char_p),
        ("target_auth_password", c_char_p),
    ]


class zfssa_terminate_connection_args_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("volume", c_char_p),
        ("initiator", c_char_p),
        ("still_attached", POINTER(c_char_p)),
        ("still_attached_count", c_uint32),
        ("reserved", c_uint32),
    ]


class zfssa_detach_report_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("still_presented", c_uint32),
        ("changed", c_uint32),
        ("initiator_groups_count", c_uint32),
        ("initiator_groups", POINTER(c_char_p)),
    ]


class zfssa_create_export_args_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("volume", c_char_p),
    ]


class zfssa_ensure_export_args_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("volume", c_char_p),
    ]


class zfssa_remove_export_args_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("volume", c_char_p),
    ]


class zfssa_known_volume_t(Structure):
    _fields_ = [
        ("id", c_char_p),
        ("name", c_char_p),
    ]


class zfssa_get_manageable_volumes_args_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("marker", c_char_p),
        ("limit", c_uint32),
        ("offset", c_uint32),
        ("cinder_volumes", POINTER(zfssa_known_volume_t)),
        ("sort_keys", POINTER(c_char_p)),
        ("sort_dirs", POINTER(c_char_p)),
        ("cinder_volumes_count", c_uint32),
        ("sort_keys_count", c_uint32),
        ("sort_dirs_count", c_uint32),
        ("reserved", c_uint32),
    ]


class zfssa_manageable_entry_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("safe_to_manage", c_uint32),
        ("size_gib", c_uint64),
        ("reference", c_char_p),
        ("source_reference", c_char_p),
        ("reason_not_safe", c_char_p),
        ("cinder_id", c_char_p),
        ("extra_info", c_char_p),
    ]


class zfssa_manageable_list_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("count", c_uint32),
        ("total", c_uint64),
        ("entries", POINTER(POINTER(zfssa_manageable_entry_t))),
        ("next_marker", c_char_p),
    ]


class zfssa_manage_existing_get_size_args_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("source_name", c_char_p),
        ("source_guid", c_char_p),
    ]


class zfssa_existing_size_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("reserved", c_uint32),
        ("size_gib", c_uint64),
        ("size_bytes", c_uint64),
    ]


class zfssa_manage_existing_args_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("name", c_char_p),
        ("source_name", c_char_p),
        ("source_guid", c_char_p),
        ("extra_specs", POINTER(zfssa_pair_t)),
        ("extra_specs_count", c_uint32),
        ("reserved", c_uint32),
    ]


class zfssa_manage_report_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("changed", c_uint32),
        ("taken_from_count", c_uint32),
        ("snapshots_count", c_uint32),
        ("volume", POINTER(zfssa_volume_t)),
        ("previous_name", c_char_p),
        ("taken_from", POINTER(c_char_p)),
        ("snapshots", POINTER(c_char_p)),
    ]


class zfssa_unmanage_args_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("name", c_char_p),
    ]


class zfssa_unmanage_report_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("changed", c_uint32),
        ("name", c_char_p),
        ("new_name", c_char_p),
    ]


class zfssa_get_manageable_snapshots_args_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("marker", c_char_p),
        ("limit", c_uint32),
        ("offset", c_uint32),
        ("cinder_snapshots", POINTER(zfssa_known_volume_t)),
        ("sort_keys", POINTER(c_char_p)),
        ("sort_dirs", POINTER(c_char_p)),
        ("cinder_snapshots_count", c_uint32),
        ("sort_keys_count", c_uint32),
        ("sort_dirs_count", c_uint32),
        ("reserved", c_uint32),
    ]


class zfssa_manage_existing_snapshot_get_size_args_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("volume", c_char_p),
        ("source_name", c_char_p),
    ]


class zfssa_manage_existing_snapshot_args_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("volume", c_char_p),
        ("name", c_char_p),
        ("source_name", c_char_p),
    ]


class zfssa_managed_snapshot_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("changed", c_uint32),
        ("snapshot", POINTER(zfssa_snapshot_t)),
        ("previous_name", c_char_p),
    ]


class zfssa_unmanage_snapshot_args_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("volume", c_char_p),
        ("name", c_char_p),
    ]


class zfssa_retype_args_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("name", c_char_p),
        ("extra_specs", POINTER(zfssa_pair_t)),
        ("extra_specs_count", c_uint32),
        ("reserved", c_uint32),
    ]


class zfssa_retype_report_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("in_place", c_uint32),
        ("changes_count", c_uint32),
        ("reserved", c_uint32),
        ("reason", c_char_p),
        ("changes", POINTER(c_char_p)),
        ("volume", POINTER(zfssa_volume_t)),
    ]


class zfssa_migrate_volume_args_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("name", c_char_p),
        ("location_info", c_char_p),
        ("status", c_char_p),
        ("vendor_name", c_char_p),
        ("storage_protocol", c_char_p),
        ("login", c_char_p),
        ("password", c_char_p),
    ]


class zfssa_migration_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("migrated", c_uint32),
        ("declined", c_char_p),
        ("reason", c_char_p),
        ("guid", c_char_p),
        ("left_behind", POINTER(c_char_p)),
        ("left_behind_count", c_uint32),
        ("reserved", c_uint32),
    ]


class zfssa_update_migrated_volume_args_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("original_name", c_char_p),
        ("current_name", c_char_p),
        ("current_id", c_char_p),
        ("current_guid", c_char_p),
    ]


class zfssa_migrated_volume_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("renamed", c_uint32),
        ("name", c_char_p),
        ("name_id", c_char_p),
    ]


class zfssa_known_snapshot_t(Structure):
    _fields_ = [
        ("id", c_char_p),
        ("name", c_char_p),
        ("volume", c_char_p),
    ]


class zfssa_update_provider_info_args_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("volumes", POINTER(zfssa_known_volume_t)),
        ("snapshots", POINTER(zfssa_known_snapshot_t)),
        ("volumes_count", c_uint32),
        ("snapshots_count", c_uint32),
    ]


class zfssa_provider_id_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("reserved", c_uint32),
        ("id", c_char_p),
        ("provider_id", c_char_p),
    ]


class zfssa_provider_info_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("volumes_count", c_uint32),
        ("snapshots_count", c_uint32),
        ("missing_volumes_count", c_uint32),
        ("missing_snapshots_count", c_uint32),
        ("reserved", c_uint32),
        ("volumes", POINTER(POINTER(zfssa_provider_id_t))),
        ("snapshots", POINTER(POINTER(zfssa_provider_id_t))),
        ("missing_volumes", POINTER(c_char_p)),
        ("missing_snapshots", POINTER(c_char_p)),
    ]


class zfssa_create_group_args_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("id", c_char_p),
    ]


class zfssa_update_group_args_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("id", c_char_p),
        ("add_volumes", POINTER(c_char_p)),
        ("remove_volumes", POINTER(c_char_p)),
        ("add_volumes_count", c_uint32),
        ("remove_volumes_count", c_uint32),
    ]


class zfssa_delete_group_args_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("id", c_char_p),
        ("volumes", POINTER(c_char_p)),
        ("volumes_count", c_uint32),
        ("reserved", c_uint32),
    ]


class zfssa_deleted_part_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("deleted", c_uint32),
        ("existed", c_uint32),
        ("status", c_int32),
        ("name", c_char_p),
        ("error", c_char_p),
    ]


class zfssa_group_delete_report_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("all_deleted", c_uint32),
        ("count", c_uint32),
        ("reserved", c_uint32),
        ("parts", POINTER(POINTER(zfssa_deleted_part_t))),
    ]


class zfssa_group_member_t(Structure):
    _fields_ = [
        ("volume", c_char_p),
        ("snapshot", c_char_p),
    ]


class zfssa_create_group_snapshot_args_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("id", c_char_p),
        ("members", POINTER(zfssa_group_member_t)),
        ("members_count", c_uint32),
        ("reserved", c_uint32),
    ]


class zfssa_delete_group_snapshot_args_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("id", c_char_p),
        ("members", POINTER(zfssa_group_member_t)),
        ("members_count", c_uint32),
        ("reserved", c_uint32),
    ]


class zfssa_group_clone_t(Structure):
    _fields_ = [
        ("name", c_char_p),
        ("source_volume", c_char_p),
        ("snapshot", c_char_p),
        ("size_gib", c_uint64),
        ("extra_specs", POINTER(zfssa_pair_t)),
        ("extra_specs_count", c_uint32),
        ("reserved", c_uint32),
    ]


class zfssa_create_group_from_src_args_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("id", c_char_p),
        ("volumes", POINTER(zfssa_group_clone_t)),
        ("volumes_count", c_uint32),
        ("reserved", c_uint32),
    ]


class zfssa_recover_args_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("operations", POINTER(c_char_p)),
        ("operations_count", c_uint32),
        ("reserved", c_uint32),
    ]


class zfssa_recovered_flow_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("settled", c_uint32),
        ("flow", c_char_p),
        ("object", c_char_p),
        ("operation", c_char_p),
        ("message", c_char_p),
    ]


class zfssa_journal_finding_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("kind", c_uint32),
        ("path", c_char_p),
        ("detail", c_char_p),
    ]


class zfssa_recover_report_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("recovered_count", c_uint32),
        ("findings_count", c_uint32),
        ("reserved", c_uint32),
        ("recovered", POINTER(POINTER(zfssa_recovered_flow_t))),
        ("findings", POINTER(POINTER(zfssa_journal_finding_t))),
    ]


class zfssa_audit_args_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("volumes", POINTER(c_char_p)),
        ("snapshots", POINTER(c_char_p)),
        ("volumes_count", c_uint32),
        ("snapshots_count", c_uint32),
        ("min_age_s", c_uint64),
        ("marker", c_char_p),
        ("limit", c_uint32),
        ("reserved", c_uint32),
    ]


class zfssa_audit_finding_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("fixable", c_uint32),
        ("fixed", c_uint32),
        ("reserved", c_uint32),
        ("kind", c_char_p),
        ("object", c_char_p),
        ("detail", c_char_p),
        ("error", c_char_p),
    ]


class zfssa_audit_report_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("fixed", c_uint32),
        ("findings_count", c_uint32),
        ("not_looked_at_count", c_uint32),
        ("findings", POINTER(POINTER(zfssa_audit_finding_t))),
        ("not_looked_at", POINTER(c_char_p)),
        ("next_marker", c_char_p),
    ]


class zfssa_create_api_token_args_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("flags", c_uint32),
        ("name", c_char_p),
        ("lifetime_s", c_uint64),
        ("token_file", c_char_p),
        ("password", c_char_p),
    ]


class zfssa_api_token_t(Structure):
    _fields_ = [
        ("size", c_uint32),
        ("revoked_count", c_uint32),
        ("id", c_char_p),
        ("name", c_char_p),
        ("expiration", c_char_p),
        ("token_file", c_char_p),
        ("revoked", POINTER(c_char_p)),
    ]


#: Structures by their C names.
STRUCTS: dict[str, Any] = {
    "zfssa_pair_t": zfssa_pair_t,
    "zfssa_error_info_t": zfssa_error_info_t,
    "zfssa_option_t": zfssa_option_t,
    "zfssa_call_t": zfssa_call_t,
    "zfssa_event_t": zfssa_event_t,
    "zfssa_progress_t": zfssa_progress_t,
    "zfssa_log_record_t": zfssa_log_record_t,
    "zfssa_log_list_t": zfssa_log_list_t,
    "zfssa_operation_count_t": zfssa_operation_count_t,
    "zfssa_request_durations_t": zfssa_request_durations_t,
    "zfssa_lock_waits_t": zfssa_lock_waits_t,
    "zfssa_metric_values_t": zfssa_metric_values_t,
    "zfssa_echo_args_t": zfssa_echo_args_t,
    "zfssa_echo_reply_t": zfssa_echo_reply_t,
    "zfssa_get_certificate_args_t": zfssa_get_certificate_args_t,
    "zfssa_certificate_t": zfssa_certificate_t,
    "zfssa_check_for_setup_error_args_t": zfssa_check_for_setup_error_args_t,
    "zfssa_check_report_t": zfssa_check_report_t,
    "zfssa_do_setup_args_t": zfssa_do_setup_args_t,
    "zfssa_setup_report_t": zfssa_setup_report_t,
    "zfssa_get_volume_stats_args_t": zfssa_get_volume_stats_args_t,
    "zfssa_volume_stats_t": zfssa_volume_stats_t,
    "zfssa_create_volume_args_t": zfssa_create_volume_args_t,
    "zfssa_origin_t": zfssa_origin_t,
    "zfssa_volume_property_t": zfssa_volume_property_t,
    "zfssa_volume_t": zfssa_volume_t,
    "zfssa_delete_volume_args_t": zfssa_delete_volume_args_t,
    "zfssa_delete_report_t": zfssa_delete_report_t,
    "zfssa_extend_volume_args_t": zfssa_extend_volume_args_t,
    "zfssa_get_volume_args_t": zfssa_get_volume_args_t,
    "zfssa_list_volumes_args_t": zfssa_list_volumes_args_t,
    "zfssa_volumes_t": zfssa_volumes_t,
    "zfssa_create_snapshot_args_t": zfssa_create_snapshot_args_t,
    "zfssa_snapshot_t": zfssa_snapshot_t,
    "zfssa_delete_snapshot_args_t": zfssa_delete_snapshot_args_t,
    "zfssa_list_snapshots_args_t": zfssa_list_snapshots_args_t,
    "zfssa_snapshots_t": zfssa_snapshots_t,
    "zfssa_revert_to_snapshot_args_t": zfssa_revert_to_snapshot_args_t,
    "zfssa_create_volume_from_snapshot_args_t": zfssa_create_volume_from_snapshot_args_t,
    "zfssa_create_cloned_volume_args_t": zfssa_create_cloned_volume_args_t,
    "zfssa_clone_image_args_t": zfssa_clone_image_args_t,
    "zfssa_cloned_image_t": zfssa_cloned_image_t,
    "zfssa_initialize_connection_args_t": zfssa_initialize_connection_args_t,
    "zfssa_connection_t": zfssa_connection_t,
    "zfssa_terminate_connection_args_t": zfssa_terminate_connection_args_t,
    "zfssa_detach_report_t": zfssa_detach_report_t,
    "zfssa_create_export_args_t": zfssa_create_export_args_t,
    "zfssa_ensure_export_args_t": zfssa_ensure_export_args_t,
    "zfssa_remove_export_args_t": zfssa_remove_export_args_t,
    "zfssa_known_volume_t": zfssa_known_volume_t,
    "zfssa_get_manageable_volumes_args_t": zfssa_get_manageable_volumes_args_t,
    "zfssa_manageable_entry_t": zfssa_manageable_entry_t,
    "zfssa_manageable_list_t": zfssa_manageable_list_t,
    "zfssa_manage_existing_get_size_args_t": zfssa_manage_existing_get_size_args_t,
    "zfssa_existing_size_t": zfssa_existing_size_t,
    "zfssa_manage_existing_args_t": zfssa_manage_existing_args_t,
    "zfssa_manage_report_t": zfssa_manage_report_t,
    "zfssa_unmanage_args_t": zfssa_unmanage_args_t,
    "zfssa_unmanage_report_t": zfssa_unmanage_report_t,
    "zfssa_get_manageable_snapshots_args_t": zfssa_get_manageable_snapshots_args_t,
    "zfssa_manage_existing_snapshot_get_size_args_t": zfssa_manage_existing_snapshot_get_size_args_t,
    "zfssa_manage_existing_snapshot_args_t": zfssa_manage_existing_snapshot_args_t,
    "zfssa_managed_snapshot_t": zfssa_managed_snapshot_t,
    "zfssa_unmanage_snapshot_args_t": zfssa_unmanage_snapshot_args_t,
    "zfssa_retype_args_t": zfssa_retype_args_t,
    "zfssa_retype_report_t": zfssa_retype_report_t,
    "zfssa_migrate_volume_args_t": zfssa_migrate_volume_args_t,
    "zfssa_migration_t": zfssa_migration_t,
    "zfssa_update_migrated_volume_args_t": zfssa_update_migrated_volume_args_t,
    "zfssa_migrated_volume_t": zfssa_migrated_volume_t,
    "zfssa_known_snapshot_t": zfssa_known_snapshot_t,
    "zfssa_update_provider_info_args_t": zfssa_update_provider_info_args_t,
    "zfssa_provider_id_t": zfssa_provider_id_t,
    "zfssa_provider_info_t": zfssa_provider_info_t,
    "zfssa_create_group_args_t": zfssa_create_group_args_t,
    "zfssa_update_group_args_t": zfssa_update_group_args_t,
    "zfssa_delete_group_args_t": zfssa_delete_group_args_t,
    "zfssa_deleted_part_t": zfssa_deleted_part_t,
    "zfssa_group_delete_report_t": zfssa_group_delete_report_t,
    "zfssa_group_member_t": zfssa_group_member_t,
    "zfssa_create_group_snapshot_args_t": zfssa_create_group_snapshot_args_t,
    "zfssa_delete_group_snapshot_args_t": zfssa_delete_group_snapshot_args_t,
    "zfssa_group_clone_t": zfssa_group_clone_t,
    "zfssa_create_group_from_src_args_t": zfssa_create_group_from_src_args_t,
    "zfssa_recover_args_t": zfssa_recover_args_t,
    "zfssa_recovered_flow_t": zfssa_recovered_flow_t,
    "zfssa_journal_finding_t": zfssa_journal_finding_t,
    "zfssa_recover_report_t": zfssa_recover_report_t,
    "zfssa_audit_args_t": zfssa_audit_args_t,
    "zfssa_audit_finding_t": zfssa_audit_finding_t,
    "zfssa_audit_report_t": zfssa_audit_report_t,
    "zfssa_create_api_token_args_t": zfssa_create_api_token_args_t,
    "zfssa_api_token_t": zfssa_api_token_t,
}

#: Result type and parameter types of each function.
FUNCTIONS: dict[str, Any] = {
    "zfssa_version": (c_char_p, []),
    "zfssa_abi_version": (c_uint32, []),
    "zfssa_objects_alive": (c_uint64, []),
    "zfssa_status_name": (c_char_p, [c_int32]),
    "zfssa_status_description": (c_char_p, [c_int32]),
    "zfssa_status_retryable": (c_uint32, [c_int32]),
    "zfssa_outcome_name": (c_char_p, [c_uint32]),
    "zfssa_error_info": (POINTER(zfssa_error_info_t), [c_void_p]),
    "zfssa_error_json": (c_char_p, [c_void_p, POINTER(c_uint64)]),
    "zfssa_error_free": (None, [c_void_p]),
    "zfssa_config_new": (c_int32, [POINTER(c_void_p), POINTER(c_void_p)]),
    "zfssa_config_set": (c_int32, [c_void_p, c_char_p, c_char_p, POINTER(c_void_p)]),
    "zfssa_config_load_cinder_conf": (c_int32, [c_void_p, c_char_p, c_char_p, POINTER(c_void_p)]),
    "zfssa_config_load_toml": (c_int32, [c_void_p, c_char_p, c_char_p, POINTER(c_void_p)]),
    "zfssa_config_parse_cinder_conf": (c_int32, [c_void_p, c_char_p, c_char_p, POINTER(c_void_p)]),
    "zfssa_config_parse_toml": (c_int32, [c_void_p, c_char_p, c_char_p, POINTER(c_void_p)]),
    "zfssa_config_validate": (c_int32, [c_void_p, POINTER(c_void_p)]),
    "zfssa_config_free": (None, [c_void_p]),
    "zfssa_option_count": (c_uint32, []),
    "zfssa_option_at": (POINTER(zfssa_option_t), [c_uint32]),
    "zfssa_driver_new": (c_int32, [c_void_p, POINTER(c_void_p), POINTER(c_void_p)]),
    "zfssa_driver_close": (c_int32, [c_void_p, c_uint32, c_int64, POINTER(c_void_p)]),
    "zfssa_driver_free": (None, [c_void_p]),
    "zfssa_ticket_wait": (c_int32, [c_uint64, c_int64, POINTER(c_void_p), POINTER(c_void_p)]),
    "zfssa_ticket_cancel": (c_int32, [c_uint64, POINTER(c_void_p)]),
    "zfssa_ticket_abandon": (c_int32, [c_uint64, POINTER(c_void_p)]),
    "zfssa_result_status": (c_int32, [c_void_p]),
    "zfssa_result_error": (c_void_p, [c_void_p]),
    "zfssa_result_operation": (c_char_p, [c_void_p]),
    "zfssa_result_ticket": (c_uint64, [c_void_p]),
    "zfssa_result_user_data": (c_uint64, [c_void_p]),
    "zfssa_result_traceparent": (c_char_p, [c_void_p]),
    "zfssa_result_requests": (c_uint32, [c_void_p]),
    "zfssa_result_elapsed_us": (c_uint64, [c_void_p]),
    "zfssa_result_json": (c_char_p, [c_void_p, POINTER(c_uint64)]),
    "zfssa_result_free": (None, [c_void_p]),
    "zfssa_queue_new": (c_int32, [POINTER(c_void_p), POINTER(c_void_p)]),
    "zfssa_queue_next": (
        c_int32,
        [
            c_void_p,
            POINTER(zfssa_event_t),
            c_uint32,
            c_uint32,
            c_int64,
            POINTER(c_uint32),
            POINTER(c_void_p),
        ],
    ),
    "zfssa_queue_fd": (c_int32, [c_void_p, POINTER(c_int32), POINTER(c_void_p)]),
    "zfssa_queue_wake": (c_int32, [c_void_p, POINTER(c_void_p)]),
    "zfssa_queue_free": (None, [c_void_p]),
    "zfssa_result_progress": (POINTER(zfssa_progress_t), [c_void_p]),
    "zfssa_transfer_finish": (c_int32, [c_uint64, c_int32, c_char_p, POINTER(c_void_p)]),
    "zfssa_driver_set_log": (
        c_int32,
        [
            c_void_p,
            c_uint32,
            c_void_p,
            c_void_p,
            c_void_p,
            POINTER(c_void_p),
        ],
    ),
    "zfssa_driver_set_log_queue": (
        c_int32,
        [
            c_void_p,
            c_uint32,
            c_void_p,
            c_uint64,
            POINTER(c_void_p),
        ],
    ),
    "zfssa_result_log": (POINTER(zfssa_log_list_t), [c_void_p]),
    "zfssa_driver_metrics": (c_int32, [c_void_p, POINTER(c_void_p), POINTER(c_void_p)]),
    "zfssa_metrics_values": (POINTER(zfssa_metric_values_t), [c_void_p]),
    "zfssa_metrics_prometheus": (c_char_p, [c_void_p, POINTER(c_uint64)]),
    "zfssa_metrics_free": (None, [c_void_p]),
    "zfssa_echo": (
        c_int32,
        [
            c_void_p,
            POINTER(zfssa_echo_args_t),
            POINTER(zfssa_call_t),
            POINTER(c_uint64),
            POINTER(c_void_p),
        ],
    ),
    "zfssa_result_echo": (POINTER(zfssa_echo_reply_t), [c_void_p]),
    "zfssa_get_certificate": (
        c_int32,
        [
            c_void_p,
            POINTER(zfssa_get_certificate_args_t),
            POINTER(zfssa_call_t),
            POINTER(c_uint64),
            POINTER(c_void_p),
        ],
    ),
    "zfssa_result_certificate": (POINTER(zfssa_certificate_t), [c_void_p]),
    "zfssa_check_for_setup_error": (
        c_int32,
        [
            c_void_p,
            POINTER(zfssa_check_for_setup_error_args_t),
            POINTER(zfssa_call_t),
            POINTER(c_uint64),
            POINTER(c_void_p),
        ],
    ),
    "zfssa_result_check_report": (POINTER(zfssa_check_report_t), [c_void_p]),
    "zfssa_do_setup": (
        c_int32,
        [
            c_void_p,
            POINTER(zfssa_do_setup_args_t),
            POINTER(zfssa_call_t),
            POINTER(c_uint64),
            POINTER(c_void_p),
        ],
    ),
    "zfssa_result_setup_report": (POINTER(zfssa_setup_report_t), [c_void_p]),
    "zfssa_get_volume_stats": (
        c_int32,
        [
            c_void_p,
            POINTER(zfssa_get_volume_stats_args_t),
            POINTER(zfssa_call_t),
            POINTER(c_uint64),
            POINTER(c_void_p),
        ],
    ),
    "zfssa_result_volume_stats": (POINTER(zfssa_volume_stats_t), [c_void_p]),
    "zfssa_create_volume": (
        c_int32,
        [
            c_void_p,
            POINTER(zfssa_create_volume_args_t),
            POINTER(zfssa_call_t),
            POINTER(c_uint64),
            POINTER(c_void_p),
        ],
    ),
    "zfssa_result_volume": (POINTER(zfssa_volume_t), [c_void_p]),
    "zfssa_delete_volume": (
        c_int32,
        [
            c_void_p,
            POINTER(zfssa_delete_volume_args_t),
            POINTER(zfssa_call_t),
            POINTER(c_uint64),
            POINTER(c_void_p),
        ],
    ),
    "zfssa_result_delete_report": (POINTER(zfssa_delete_report_t), [c_void_p]),
    "zfssa_extend_volume": (
        c_int32,
        [
            c_void_p,
            POINTER(zfssa_extend_volume_args_t),
            POINTER(zfssa_call_t),
            POINTER(c_uint64),
            POINTER(c_void_p),
        ],
    ),
    "zfssa_get_volume": (
        c_int32,
        [
            c_void_p,
            POINTER(zfssa_get_volume_args_t),
            POINTER(zfssa_call_t),
            POINTER(c_uint64),
            POINTER(c_void_p),
        ],
    ),
    "zfssa_list_volumes": (
        c_int32,
        [
            c_void_p,
            POINTER(zfssa_list_volumes_args_t),
            POINTER(zfssa_call_t),
            POINTER(c_uint64),
            POINTER(c_void_p),
        ],
    ),
    "zfssa_result_volumes": (POINTER(zfssa_volumes_t), [c_void_p]),
    "zfssa_create_snapshot": (
        c_int32,
        [
            c_void_p,
            POINTER(zfssa_create_snapshot_args_t),
            POINTER(zfssa_call_t),
            POINTER(c_uint64),
            POINTER(c_void_p),
        ],
    ),
    "zfssa_result_snapshot": (POINTER(zfssa_snapshot_t), [c_void_p]),
    "zfssa_delete_snapshot": (
        c_int32,
        [
            c_void_p,
            POINTER(zfssa_delete_snapshot_args_t),
            POINTER(zfssa_call_t),
            POINTER(c_uint64),
            POINTER(c_void_p),
        ],
    ),
    "zfssa_list_snapshots": (
        c_int32,
        [
            c_void_p,
            POINTER(zfssa_list_snapshots_args_t),
            POINTER(zfssa_call_t),
            POINTER(c_uint64),
            POINTER(c_void_p),
        ],
    ),
    "zfssa_result_snapshots": (POINTER(zfssa_snapshots_t), [c_void_p]),
    "zfssa_revert_to_snapshot": (
        c_int32,
        [
            c_void_p,
            POINTER(zfssa_revert_to_snapshot_args_t),
            POINTER(zfssa_call_t),
            POINTER(c_uint64),
            POINTER(c_void_p),
        ],
    ),
    "zfssa_create_volume_from_snapshot": (
        c_int32,
        [
            c_void_p,
            POINTER(zfssa_create_volume_from_snapshot_args_t),
            POINTER(zfssa_call_t),
            POINTER(c_uint64),
            POINTER(c_void_p),
        ],
    ),
    "zfssa_create_cloned_volume": (
        c_int32,
        [
            c_void_p,
            POINTER(zfssa_create_cloned_volume_args_t),
            POINTER(zfssa_call_t),
            POINTER(c_uint64),
            POINTER(c_void_p),
        ],
    ),
    "zfssa_clone_image": (
        c_int32,
        [
            c_void_p,
            POINTER(zfssa_clone_image_args_t),
            POINTER(zfssa_call_t),
            POINTER(c_uint64),
            POINTER(c_void_p),
        ],
    ),
    "zfssa_result_cloned_image": (POINTER(zfssa_cloned_image_t), [c_void_p]),
    "zfssa_initialize_connection": (
        c_int32,
        [
            c_void_p,
            POINTER(zfssa_initialize_connection_args_t),
            POINTER(zfssa_call_t),
            POINTER(c_uint64),
            POINTER(c_void_p),
        ],
    ),
    "zfssa_result_connection": (POINTER(zfssa_connection_t), [c_void_p]),
    "zfssa_terminate_connection": (
        c_int32,
        [
            c_void_p,
            POINTER(zfssa_terminate_connection_args_t),
            POINTER(zfssa_call_t),
            POINTER(c_uint64),
            POINTER(c_void_p),
        ],
    ),
    "zfssa_result_detach_report": (POINTER(zfssa_detach_report_t), [c_void_p]),
    "zfssa_create_export": (
        c_int32,
        [
            c_void_p,
            POINTER(zfssa_create_export_args_t),
            POINTER(zfssa_call_t),
            POINTER(c_uint64),
            POINTER(c_void_p),
        ],
    ),
    "zfssa_ensure_export": (
        c_int32,
        [
            c_void_p,
            POINTER(zfssa_ensure_export_args_t),
            POINTER(zfssa_call_t),
            POINTER(c_uint64),
            POINTER(c_void_p),
        ],
    ),
    "zfssa_remove_export": (
        c_int32,
        [
            c_void_p,
            POINTER(zfssa_remove_export_args_t),
            POINTER(zfssa_call_t),
            POINTER(c_uint64),
            POINTER(c_void_p),
        ],
    ),
    "zfssa_get_manageable_volumes": (
        c_int32,
        [
            c_void_p,
            POINTER(zfssa_get_manageable_volumes_args_t),
            POINTER(zfssa_call_t),
            POINTER(c_uint64),
            POINTER(c_void_p),
        ],
    ),
    "zfssa_result_manageable_list": (POINTER(zfssa_manageable_list_t), [c_void_p]),
    "zfssa_manage_existing_get_size": (
        c_int32,
        [
            c_void_p,
            POINTER(zfssa_manage_existing_get_size_args_t),
            POINTER(zfssa_call_t),
            POINTER(c_uint64),
            POINTER(c_void_p),
        ],
    ),
    "zfssa_result_existing_size": (POINTER(zfssa_existing_size_t), [c_void_p]),
    "zfssa_manage_existing": (
        c_int32,
        [
            c_void_p,
            POINTER(zfssa_manage_existing_args_t),
            POINTER(zfssa_call_t),
            POINTER(c_uint64),
            POINTER(c_void_p),
        ],
    ),
    "zfssa_result_manage_report": (POINTER(zfssa_manage_report_t), [c_void_p]),
    "zfssa_unmanage": (
        c_int32,
        [
            c_void_p,
            POINTER(zfssa_unmanage_args_t),
            POINTER(zfssa_call_t),
            POINTER(c_uint64),
            POINTER(c_void_p),
        ],
    ),
    "zfssa_result_unmanage_report": (POINTER(zfssa_unmanage_report_t), [c_void_p]),
    "zfssa_get_manageable_snapshots": (
        c_int32,
        [
            c_void_p,
            POINTER(zfssa_get_manageable_snapshots_args_t),
            POINTER(zfssa_call_t),
            POINTER(c_uint64),
            POINTER(c_void_p),
        ],
    ),
    "zfssa_manage_existing_snapshot_get_size": (
        c_int32,
        [
            c_void_p,
            POINTER(zfssa_manage_existing_snapshot_get_size_args_t),
            POINTER(zfssa_call_t),
            POINTER(c_uint64),
            POINTER(c_void_p),
        ],
    ),
    "zfssa_manage_existing_snapshot": (
        c_int32,
        [
            c_void_p,
            POINTER(zfssa_manage_existing_snapshot_args_t),
            POINTER(zfssa_call_t),
            POINTER(c_uint64),
            POINTER(c_void_p),
        ],
    ),
    "zfssa_result_managed_snapshot": (POINTER(zfssa_managed_snapshot_t), [c_void_p]),
    "zfssa_unmanage_snapshot": (
        c_int32,
        [
            c_void_p,
            POINTER(zfssa_unmanage_snapshot_args_t),
            POINTER(zfssa_call_t),
            POINTER(c_uint64),
            POINTER(c_void_p),
        ],
    ),
    "zfssa_retype": (
        c_int32,
        [
            c_void_p,
            POINTER(zfssa_retype_args_t),
            POINTER(zfssa_call_t),
            POINTER(c_uint64),
            POINTER(c_void_p),
        ],
    ),
    "zfssa_result_retype_report": (POINTER(zfssa_retype_report_t), [c_void_p]),
    "zfssa_migrate_volume": (
        c_int32,
        [
            c_void_p,
            POINTER(zfssa_migrate_volume_args_t),
            POINTER(zfssa_call_t),
            POINTER(c_uint64),
            POINTER(c_void_p),
        ],
    ),
    "zfssa_result_migration": (POINTER(zfssa_migration_t), [c_void_p]),
    "zfssa_update_migrated_volume": (
        c_int32,
        [
            c_void_p,
            POINTER(zfssa_update_migrated_volume_args_t),
            POINTER(zfssa_call_t),
            POINTER(c_uint64),
            POINTER(c_void_p),
        ],
    ),
    "zfssa_result_migrated_volume": (POINTER(zfssa_migrated_volume_t), [c_void_p]),
    "zfssa_update_provider_info": (
        c_int32,
        [
            c_void_p,
            POINTER(zfssa_update_provider_info_args_t),
            POINTER(zfssa_call_t),
            POINTER(c_uint64),
            POINTER(c_void_p),
        ],
    ),
    "zfssa_result_provider_info": (POINTER(zfssa_provider_info_t), [c_void_p]),
    "zfssa_create_group": (
        c_int32,
        [
            c_void_p,
            POINTER(zfssa_create_group_args_t),
            POINTER(zfssa_call_t),
            POINTER(c_uint64),
            POINTER(c_void_p),
        ],
    ),
    "zfssa_update_group": (
        c_int32,
        [
            c_void_p,
            POINTER(zfssa_update_group_args_t),
            POINTER(zfssa_call_t),
            POINTER(c_uint64),
            POINTER(c_void_p),
        ],
    ),
    "zfssa_delete_group": (
        c_int32,
        [
            c_void_p,
            POINTER(zfssa_delete_group_args_t),
            POINTER(zfssa_call_t),
            POINTER(c_uint64),
            POINTER(c_void_p),
        ],
    ),
    "zfssa_result_group_delete_report": (POINTER(zfssa_group_delete_report_t), [c_void_p]),
    "zfssa_create_group_snapshot": (
        c_int32,
        [
            c_void_p,
            POINTER(zfssa_create_group_snapshot_args_t),
            POINTER(zfssa_call_t),
            POINTER(c_uint64),
            POINTER(c_void_p),
        ],
    ),
    "zfssa_delete_group_snapshot": (
        c_int32,
        [
            c_void_p,
            POINTER(zfssa_delete_group_snapshot_args_t),
            POINTER(zfssa_call_t),
            POINTER(c_uint64),
            POINTER(c_void_p),
        ],
    ),
    "zfssa_create_group_from_src": (
        c_int32,
        [
            c_void_p,
            POINTER(zfssa_create_group_from_src_args_t),
            POINTER(zfssa_call_t),
            POINTER(c_uint64),
            POINTER(c_void_p),
        ],
    ),
    "zfssa_recover": (
        c_int32,
        [
            c_void_p,
            POINTER(zfssa_recover_args_t),
            POINTER(zfssa_call_t),
            POINTER(c_uint64),
            POINTER(c_void_p),
        ],
    ),
    "zfssa_result_recover_report": (POINTER(zfssa_recover_report_t), [c_void_p]),
    "zfssa_audit": (
        c_int32,
        [
            c_void_p,
            POINTER(zfssa_audit_args_t),
            POINTER(zfssa_call_t),
            POINTER(c_uint64),
            POINTER(c_void_p),
        ],
    ),
    "zfssa_result_audit_report": (POINTER(zfssa_audit_report_t), [c_void_p]),
    "zfssa_create_api_token": (
        c_int32,
        [
            c_void_p,
            POINTER(zfssa_create_api_token_args_t),
            POINTER(zfssa_call_t),
            POINTER(c_uint64),
            POINTER(c_void_p),
        ],
    ),
    "zfssa_result_api_token": (POINTER(zfssa_api_token_t), [c_void_p]),
    "zfssa_get_vtable": (c_void_p, [c_uint32, c_uint32]),
}
