//! Options of other drivers and of Cinder itself in a backend section.

/// Treatment of a name that is not in the option table.
pub(in crate::config) enum Unlisted {
    /// A standard option that has no meaning here.
    Ignored,
    /// An option without effect that an operator may rely on.
    Warned(String),
    /// Not known.
    Unknown,
}

/// Standard Cinder options for every driver. A host that hands over a whole
/// section must not fail on them.
const STANDARD: &[&str] = &[
    "chap_password",
    "chap_username",
    "driver_client_cert",
    "driver_client_cert_key",
    "driver_data_namespace",
    "driver_use_ssl",
    "enforce_multipath_for_image_xfer",
    "filter_function",
    "goodness_function",
    "host",
    "backend_host",
    "backend_availability_zone",
    "image_upload_use_cinder_backend",
    "image_upload_use_internal_tenant",
    "image_volume_cache_enabled",
    "image_volume_cache_max_count",
    "image_volume_cache_max_size_gb",
    "num_volume_device_scan_tries",
    "san_clustername",
    "san_is_local",
    "san_private_key",
    "san_ssh_port",
    "san_thin_provision",
    "ssh_conn_timeout",
    "ssh_max_pool_conn",
    "ssh_min_pool_conn",
    "suppress_requests_ssl_warnings",
    "trace_flags",
    "use_multipath_for_image_xfer",
    "volume_driver",
];

/// Options of the former NFS driver for the same appliance. They share our
/// prefix, so without this list a section that holds both would be refused.
const NFS: &[&str] = &["zfssa_data_ip", "zfssa_https_port", "zfssa_cache_directory"];

/// Pools of a Cinder backend. A driver of this library serves one pool.
const POOLS: &str = "zfssa_pools";

pub(in crate::config) fn classify(name: &str, value: &str) -> Unlisted {
    let off = value.trim().is_empty() || crate::config::values::boolean(value.trim()) == Ok(false);
    if NFS.contains(&name) || name.starts_with("zfssa_nfs_") {
        Unlisted::Warned(format!(
            "{} belongs to the NFS driver and has no effect on iSCSI volumes",
            crate::config::error::printable(name)
        ))
    } else if name == POOLS {
        Unlisted::Warned(
            "zfssa_pools is an option of the Cinder driver for Python, which opens a driver of \
             this library for each pool: this driver serves the pool that zfssa_pool names"
                .into(),
        )
    } else if name == "replication_device" && !off {
        Unlisted::Warned("replication_device is not used by this version".into())
    } else if name == "use_chap_auth" && !off {
        Unlisted::Warned(
            "use_chap_auth has no effect: CHAP is used where zfssa_target_user and \
             zfssa_target_password are set"
                .into(),
        )
    } else if STANDARD.contains(&name) || matches!(name, "replication_device" | "use_chap_auth") {
        Unlisted::Ignored
    } else {
        Unlisted::Unknown
    }
}
