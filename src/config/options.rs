//! The option table, with every option of the library.
//!
//! Parsing, the checks, C introspection, Cinder's option list and
//! `docs/options.md` all come from here. A row added here without a place in
//! [`Config`](super::Config) fails a test.

use crate::config::option_spec::OptionKind::*;
use crate::config::option_spec::OptionOrigin::{Cinder, Library, Reference};
use crate::config::option_spec::OptionSpec;

/// Every option, in the order in which the documentation shows them.
pub static OPTIONS: &[OptionSpec] = &[
    // The appliance and the account.
    OptionSpec::new(
        Cinder,
        "san_ip",
        Host,
        "Management address of the appliance, without scheme or port. TLS checks the \
         certificate against exactly this name or address.",
    )
    .required(),
    OptionSpec::new(
        Cinder,
        "san_api_port",
        Integer,
        "TCP port of the REST service.",
    )
    .default("215")
    .range(1, 65_535),
    OptionSpec::new(
        Cinder,
        "san_login",
        Text,
        "User name on the appliance. A colon is refused: HTTP authentication cannot carry one.",
    )
    .default("admin"),
    OptionSpec::new(
        Cinder,
        "san_password",
        Secret,
        "Password of that user. Set either this or `zfssa_token_file`.",
    ),
    OptionSpec::new(
        Library,
        "zfssa_token_file",
        Path,
        "File with a persistent API token of that user, in place of `san_password`; setting both \
         is an error. The token is alone in the file, on one line. The file must not be open \
         to every user of the host. It is read when the first request needs it, within 10 \
         seconds after it changed, and at once when the appliance refuses the token, so that a \
         new token needs no restart. `create_api_token` makes a token and writes the file.",
    ),
    // Where volumes live.
    OptionSpec::new(
        Reference,
        "zfssa_pool",
        Name,
        "Storage pool that holds the volumes.",
    )
    .required(),
    OptionSpec::new(
        Reference,
        "zfssa_project",
        Name,
        "Project that holds the volumes. It is made when it does not exist.",
    )
    .required(),
    // What a LUN is like when its volume type says nothing else.
    OptionSpec::new(
        Reference,
        "zfssa_lun_volblocksize",
        BlockSize,
        "Block size of new LUNs; it cannot be changed later. A number of bytes is read too. \
         Sizes above 128k need a newer appliance release.",
    )
    .default("8k")
    .choices(&[
        "512", "1k", "2k", "4k", "8k", "16k", "32k", "64k", "128k", "256k", "512k", "1m",
    ])
    .unit("bytes"),
    OptionSpec::new(
        Reference,
        "zfssa_lun_sparse",
        Boolean,
        "Whether new LUNs are thin: space is taken when data is written, and not before.",
    )
    .default("false"),
    OptionSpec::new(
        Reference,
        "zfssa_lun_compression",
        Choice,
        "Compression of new LUNs. `lz4` needs a newer appliance release.",
    )
    .default("off")
    .choices(&["off", "lzjb", "gzip-2", "gzip", "gzip-9", "lz4"]),
    OptionSpec::new(
        Reference,
        "zfssa_lun_logbias",
        Choice,
        "What synchronous writes are tuned for: `latency` uses the log devices, `throughput` \
         bypasses them.",
    )
    .default("latency")
    .choices(&["latency", "throughput"]),
    OptionSpec::new(
        Library,
        "zfssa_lun_encryption",
        Choice,
        "Encryption of new LUNs, with the key `zfssa_lun_keyname`; it cannot be changed later, and \
         a clone has that of its origin. Unset: as the project. Some models need a license.",
    )
    .choices(&[
        "off",
        "aes-128-ccm",
        "aes-192-ccm",
        "aes-256-ccm",
        "aes-128-gcm",
        "aes-192-gcm",
        "aes-256-gcm",
    ]),
    OptionSpec::new(
        Library,
        "zfssa_lun_keystore",
        Choice,
        "Key store of the key that encrypts new LUNs; of no effect without encryption.",
    )
    .default("local")
    .choices(&["local", "okm", "kmip"]),
    OptionSpec::new(
        Library,
        "zfssa_lun_keyname",
        Text,
        "Name of the key in the key store that encrypts new LUNs; of no effect without encryption. \
         The key must exist: none is made.",
    ),
    OptionSpec::new(
        Library,
        "zfssa_lun_dedup",
        Boolean,
        "Deduplication of data written to new LUNs. Unset: as the project.",
    ),
    OptionSpec::new(
        Library,
        "zfssa_lun_secondarycache",
        Choice,
        "What of new LUNs is kept on the read cache devices. Unset: as the project.",
    )
    .choices(&["all", "metadata", "none"]),
    OptionSpec::new(
        Library,
        "zfssa_lun_writecache",
        Boolean,
        "Whether new LUNs have a volatile write cache: faster, and data that a host has not \
         flushed are lost with the power. Unset: as the appliance has it.",
    ),
    OptionSpec::new(
        Library,
        "zfssa_lun_copies",
        Integer,
        "Copies of each block of new LUNs, in addition to the redundancy of the pool. Unset: as \
         the project.",
    )
    .range(1, 3),
    OptionSpec::new(
        Library,
        "zfssa_lun_readlimit",
        Integer,
        "Largest rate at which a new LUN is read from disk. Unset: no limit. Not every appliance \
         release has it for LUNs; one that has not makes the creation fail.",
    )
    .range(512_000, 1_000_000_000_000)
    .unit("bytes per second"),
    OptionSpec::new(
        Library,
        "zfssa_lun_writelimit",
        Integer,
        "Largest rate at which a new LUN is written to disk. Unset: no limit. Not every appliance \
         release has it for LUNs; one that has not makes the creation fail.",
    )
    .range(512_000, 1_000_000_000_000)
    .unit("bytes per second"),
    // Who may attach.
    OptionSpec::new(
        Reference,
        "zfssa_initiator_config",
        InitiatorConfig,
        "Initiator groups and their initiators: {'group': [{'iqn': '…', 'user': '…', \
         'password': '…'}]}, as a Python literal or as JSON (in TOML also as inline tables). \
         `user` and `password` are the CHAP account of the initiator; leave both out or empty \
         for none. Initiators of the group `default` are registered and put into no group.",
    ),
    OptionSpec::new(
        Reference,
        "zfssa_initiator_group",
        Name,
        "Group of the initiators in `zfssa_initiator`; without those, a group that exists on \
         the appliance. The word `default` means that a host which is in no group gets its \
         volumes through the appliance's built-in group, which every host can see.",
    ),
    OptionSpec::new(
        Reference,
        "zfssa_initiator",
        InitiatorNames,
        "Initiators to put into `zfssa_initiator_group`.",
    )
    .deprecated("zfssa_initiator_config"),
    OptionSpec::new(
        Reference,
        "zfssa_initiator_user",
        Text,
        "CHAP user of the initiators in `zfssa_initiator` (deprecated: use \
         `zfssa_initiator_config`), and of the hosts that `zfssa_register_hosts` registers.",
    ),
    OptionSpec::new(
        Reference,
        "zfssa_initiator_password",
        Secret,
        "CHAP secret of that user, 12 to 16 characters.",
    ),
    OptionSpec::new(
        Library,
        "zfssa_register_hosts",
        Boolean,
        "Whether attaching a volume registers a host that is in no initiator group: its initiator, \
         with the CHAP account of `zfssa_initiator_user` if that is set, and an initiator group of \
         its own, `zfssa-host-<host name>-<digest>`. The digest is the first 10 hexadecimal digits \
         of the SHA-256 of the initiator's name in small letters; a host whose name is not known \
         is called by its initiator's name. Any host that reaches the caller of this library is \
         then registered; without it, hosts are named in `zfssa_initiator_config`.",
    )
    .default("false"),
    OptionSpec::new(
        Library,
        "zfssa_unregister_hosts",
        Boolean,
        "Whether detaching the last volume of a host deletes the initiator group and the initiator \
         that `zfssa_register_hosts` made for it. A group that any LUN of the appliance is \
         presented to stays. Hosts that run this library for one appliance and share neither a \
         lock directory nor `zfssa_coordination_url` should leave it off: one could delete a group to which the other presents a \
         volume at the same moment.",
    )
    .default("false"),
    // How volumes are reached.
    OptionSpec::new(
        Reference,
        "zfssa_target_group",
        Name,
        "Target group through which volumes are exported; also the alias of the target that \
         is made for it.",
    )
    .default("tgt-grp"),
    OptionSpec::new(
        Reference,
        "zfssa_target_interfaces",
        List,
        "Network interfaces of the appliance on which the target listens. They must not be \
         management-only interfaces.",
    )
    .required(),
    OptionSpec::new(
        Reference,
        "zfssa_target_portal",
        Portals,
        "Where hosts reach the target, as `host:port`; the port is 3260 when left out. Several \
         portals make several paths.",
    )
    .required(),
    OptionSpec::new(
        Reference,
        "zfssa_target_user",
        Text,
        "CHAP user that hosts must present to the target.",
    ),
    OptionSpec::new(
        Reference,
        "zfssa_target_password",
        Secret,
        "CHAP secret of that user, 12 to 16 characters.",
    ),
    // Image cache, manage, migrate.
    OptionSpec::new(
        Reference,
        "zfssa_enable_local_cache",
        Boolean,
        "Whether images are kept on the appliance, so that a volume from a known image is a \
         clone.",
    )
    .default("true"),
    OptionSpec::new(
        Reference,
        "zfssa_cache_project",
        Name,
        "Project that holds cached images.",
    )
    .default("os-cinder-cache"),
    OptionSpec::new(
        Reference,
        "zfssa_manage_policy",
        Choice,
        "Which LUNs may be taken under management: `loose` takes any, `strict` only those that \
         carry `cinder_managed = false`. `strict` is recommended, since `loose` would also take \
         a LUN that another cloud uses; `loose` stays the default for existing installations.",
    )
    .default("loose")
    .choices(&["loose", "strict"]),
    OptionSpec::new(
        Library,
        "zfssa_delete_with_clones",
        Choice,
        "What the deletion of a volume or snapshot that has clones does. `refuse` fails and \
         changes nothing. `defer` succeeds at once: the object is renamed to `deleted-…`, \
         presented to no host and hidden from every list, its name is free again, and it is \
         deleted with the last of its clones. No clone is ever deleted for it. Until then it \
         uses space, which the capacity of the backend counts; an audit lists it. A volume with \
         a snapshot that is not deleted is refused with either. The extra spec \
         `zfssa:delete_with_clones` of a volume type decides for its volumes and their snapshots \
         instead.",
    )
    .default("refuse")
    .choices(&["refuse", "defer"]),
    OptionSpec::new(
        Reference,
        "zfssa_replication_ip",
        Host,
        "Address at which this appliance receives replication data when volumes migrate to it.",
    ),
    OptionSpec::new(
        Library,
        "zfssa_migration_destinations",
        Destinations,
        "Accounts on the appliances that volumes may migrate to: {'address': {'login': '…', \
         'password': '…'}}, as a Python literal or as JSON (in TOML also as inline tables). The \
         address is the `san_ip` of the other backend, with its `san_api_port` as `host:port` \
         where that is not 215. What `zfssa_tls_` options say is true of those appliances too, \
         so their authorities or fingerprints belong there. This appliance itself need not be \
         listed.",
    ),
    OptionSpec::new(
        Library,
        "zfssa_online_extend",
        Boolean,
        "Whether a volume may grow while it is attached. The appliance's documentation warns \
         that resizing an exported LUN may damage data.",
    )
    .default("false"),
    // Trust.
    OptionSpec::new(
        Library,
        "zfssa_tls_mode",
        Choice,
        "Which certificate is trusted: `system` the system's roots and those in \
         `zfssa_tls_ca_file`; `ca` only those in `zfssa_tls_ca_file`; `pin` only leaf \
         certificates with a fingerprint in `zfssa_tls_pins`; `insecure` any certificate, which \
         sends the password to any server that answers.",
    )
    .default("system")
    .choices(&["system", "ca", "pin", "insecure"]),
    OptionSpec::new(
        Library,
        "zfssa_tls_ca_file",
        Path,
        "Certificates of trusted authorities, PEM. Read again when the file changes.",
    ),
    OptionSpec::new(
        Library,
        "zfssa_tls_pins",
        Fingerprints,
        "SHA-256 fingerprints of the leaf certificates to trust, as `openssl x509 -noout \
         -fingerprint -sha256` prints them. List the new one in addition to the present one \
         before the certificate changes.",
    ),
    OptionSpec::new(
        Cinder,
        "driver_ssl_cert_verify",
        Boolean,
        "Read only where no `zfssa_tls_` option is given. `true` asks for what happens anyway. \
         `false` does not switch verification off, since it is Cinder's default and no operator has \
         to have written it; for that set `zfssa_tls_mode = insecure`.",
    )
    .default("false"),
    OptionSpec::new(
        Cinder,
        "driver_ssl_cert_path",
        Path,
        "Read only where no `zfssa_tls_` option is given: a PEM file, or a directory of them, \
         with the only authorities to trust, as in `zfssa_tls_mode = ca`.",
    ),
    // Time.
    OptionSpec::new(
        Library,
        "zfssa_connect_timeout",
        Integer,
        "Longest wait for a TCP connection and its TLS handshake.",
    )
    .default("10")
    .range(1, 600)
    .unit("seconds"),
    OptionSpec::new(
        Reference,
        "zfssa_rest_timeout",
        Integer,
        "Longest wait for the answer to one request. The former driver waited for ever when \
         this was not set.",
    )
    .default("60")
    .range(1, 86_400)
    .unit("seconds"),
    OptionSpec::new(
        Library,
        "zfssa_operation_timeout",
        Integer,
        "Longest time for a whole operation with login, retries and polls, if the caller \
         sets no deadline.",
    )
    .default("600")
    .range(1, 604_800)
    .unit("seconds"),
    OptionSpec::new(
        Library,
        "zfssa_rollback_timeout",
        Integer,
        "Longest time for rolling back an operation that failed, was cancelled or ran out of \
         time; it comes on top of the operation's own time.",
    )
    .default("120")
    .range(1, 86_400)
    .unit("seconds"),
    OptionSpec::new(
        Library,
        "zfssa_late_request_timeout",
        Integer,
        "Longest time for which the appliance may still carry out a request that it did not \
         answer; an appliance was seen to take 25 seconds. An operation whose result such a \
         request could reverse waits for its end and reads again, and recovery keeps a journal \
         until then.",
    )
    .default("60")
    .range(1, 3_600)
    .unit("seconds"),
    // Load.
    OptionSpec::new(
        Library,
        "zfssa_max_connections",
        Integer,
        "Most connections to the appliance at a time.",
    )
    .default("16")
    .range(1, 64),
    OptionSpec::new(
        Library,
        "zfssa_max_connections_total",
        Integer,
        "Most connections to the appliance at a time of all hosts together that have one \
         `zfssa_coordination_url` and namespace; every host should have the same value. Each host \
         takes a share by its demand and frees what it does not use. The whole shrinks while \
         the appliance is busy. Unset: each process has `zfssa_max_connections`.",
    )
    .range(1, 4_096),
    OptionSpec::new(
        Library,
        "zfssa_max_in_flight",
        Integer,
        "Most operations accepted whose results are not yet taken; more are refused.",
    )
    .default("65536")
    .range(1, 1_000_000),
    OptionSpec::new(
        Library,
        "zfssa_max_attempts",
        Integer,
        "Most attempts at a request that is safe to repeat, the first included.",
    )
    .default("5")
    .range(1, 20),
    OptionSpec::new(
        Library,
        "zfssa_max_list_items",
        Integer,
        "Longest list that is read from the appliance, such as the LUNs of a project; an operation \
         that needs a longer one fails.",
    )
    .default("1000000")
    .range(1, 100_000_000),
    OptionSpec::new(
        Library,
        "zfssa_worker_threads",
        Integer,
        "Threads that run the engine.",
    )
    .default("1")
    .range(1, 64),
    OptionSpec::new(
        Library,
        "zfssa_api_version",
        Choice,
        "Version of the REST API; `auto` uses v1, which every release has.",
    )
    .default("auto")
    .choices(&["auto", "v1", "v2"]),
    // Safety.
    OptionSpec::new(
        Library,
        "zfssa_state_dir",
        Path,
        "Directory of the journals from which an operation that was cut short is finished or \
         rolled back. Without it nothing survives a crash of the host process.",
    ),
    OptionSpec::new(
        Library,
        "zfssa_lock_dir",
        Path,
        "Directory of the lock files that the processes of one host share. Without it, the \
         first of /run/lock, XDG_RUNTIME_DIR and the directory of temporary files is used \
         in which this user has or can create a directory zfssa-UID, so that all \
         processes of the user share their locks; if there is none, a warning is reported \
         and locks hold only inside one process. Processes of several users need a \
         directory that all of them can write, and processes that see different file \
         systems (containers) one that they share. `none` switches lock files off: two \
         processes that present one LUN to hosts at the same time can then lose one of the \
         two. Locks of several hosts are in etcd: see `zfssa_coordination_url`.",
    )
    .choices(&["none"]),
    OptionSpec::new(
        Library,
        "zfssa_coordination_url",
        Url,
        "Members of an etcd cluster (version 3.4 or later), as `etcd://host:port,host:port`, or \
         `etcds://` with TLS; the port is 2379 when left out. All hosts of a backend then share \
         their locks: an operation that changes a volume excludes the operations of every other \
         host on it. Without it, locks hold among the processes of one host.",
    )
    .choices(&["etcd", "etcds"]),
    OptionSpec::new(
        Library,
        "zfssa_coordination_user",
        Text,
        "User of etcd, where its authentication is enabled. It needs to read and write the keys \
         below `zfssa_coordination_namespace`.",
    ),
    OptionSpec::new(
        Library,
        "zfssa_coordination_password",
        Secret,
        "Password of that user.",
    ),
    OptionSpec::new(
        Library,
        "zfssa_coordination_ca_file",
        Path,
        "Certificates of the only authorities to trust for etcd, PEM, with `etcds://`. Unset: the \
         roots of the system.",
    ),
    OptionSpec::new(
        Library,
        "zfssa_coordination_cert_file",
        Path,
        "Certificate that this host shows to etcd, with its intermediates, PEM; with \
         `zfssa_coordination_key_file`.",
    ),
    OptionSpec::new(
        Library,
        "zfssa_coordination_key_file",
        Path,
        "Private key of that certificate, PEM.",
    ),
    OptionSpec::new(
        Library,
        "zfssa_coordination_namespace",
        Text,
        "Prefix of every key in etcd. It represents one appliance: hosts of the same appliance \
         must have the same prefix, and two appliances must not share one. Unset: \
         `zfssa/<san_ip>:<san_api_port>`, so it must be set where hosts reach the appliance under \
         different addresses.",
    ),
    OptionSpec::new(
        Library,
        "zfssa_coordination_ttl",
        Integer,
        "How long the locks of a host outlive it in etcd. It must be at least 3 seconds longer \
         than `zfssa_rest_timeout` and `zfssa_late_request_timeout` together, since an appliance \
         may carry out the last request of a dead host for so long. Two thirds of what it is \
         longer is the time for which etcd may be away before this host sends no more changes.",
    )
    .default("180")
    .range(5, 86_400)
    .unit("seconds"),
    // Cinder's reporting to its scheduler.
    OptionSpec::new(
        Cinder,
        "volume_backend_name",
        Text,
        "Name of the backend in Cinder's reports.",
    ),
    OptionSpec::new(
        Cinder,
        "reserved_percentage",
        Integer,
        "Share of the capacity that the scheduler leaves free.",
    )
    .default("0")
    .range(0, 100)
    .unit("percent"),
    OptionSpec::new(
        Cinder,
        "max_over_subscription_ratio",
        Ratio,
        "How many times the capacity may be promised to thin volumes; with `auto` the scheduler \
         works it out.",
    )
    .default("20.0"),
    OptionSpec::new(
        Cinder,
        "report_discard_supported",
        Boolean,
        "Whether volumes report support for discard (unmap).",
    )
    .default("false"),
];

/// The row of an option.
pub fn find(name: &str) -> Option<&'static OptionSpec> {
    OPTIONS.iter().find(|spec| spec.name == name)
}
