/* Operations: requests, views of results, and the methods of zfssa::driver. Part of zfssa.hpp.
 *
 * Generated from docs/abi/zfssa.json by bindings/cpp/generate.py; do not edit. */
#ifndef ZFSSA_OPERATIONS_HPP
#define ZFSSA_OPERATIONS_HPP

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "arguments.hpp"
#include "future.hpp"
#include "result.hpp"

namespace zfssa {

// Views of results.

/** The reply to an echo. */
class echo_reply_view {
public:
    explicit echo_reply_view(const zfssa_echo_reply_t *raw) : raw_(raw) {}
    static echo_reply_view of(const zfssa_result_t *result)
    {
        return echo_reply_view(zfssa_result_echo(result));
    }

    /** The message. */
    std::string_view message() const { return detail::shown(raw_->message); }

    /** The C structure that this view reads. */
    const zfssa_echo_reply_t *raw() const noexcept { return raw_; }

private:
    const zfssa_echo_reply_t *raw_;
};

/** The certificate that the appliance presented. */
class certificate_view {
public:
    explicit certificate_view(const zfssa_certificate_t *raw) : raw_(raw) {}
    static certificate_view of(const zfssa_result_t *result)
    {
        return certificate_view(zfssa_result_certificate(result));
    }

    /**
     * SHA-256 fingerprint, in the form of the option zfssa_tls_pins and of "openssl x509
     * -fingerprint -sha256": pairs of upper-case hexadecimal digits with colons.
     */
    std::string_view sha256() const { return detail::shown(raw_->sha256); }

    /** Certificate in PEM. */
    std::string_view pem() const { return detail::shown(raw_->pem); }

    /** The C structure that this view reads. */
    const zfssa_certificate_t *raw() const noexcept { return raw_; }

private:
    const zfssa_certificate_t *raw_;
};

/** The report of a check. */
class check_report_view {
public:
    explicit check_report_view(const zfssa_check_report_t *raw) : raw_(raw) {}
    static check_report_view of(const zfssa_result_t *result)
    {
        return check_report_view(zfssa_result_check_report(result));
    }

    /** Findings that do not stop the backend, one sentence each. */
    strings warnings() const { return strings(raw_->warnings, raw_->warnings_count); }

    /** The C structure that this view reads. */
    const zfssa_check_report_t *raw() const noexcept { return raw_; }

private:
    const zfssa_check_report_t *raw_;
};

/** The report of a setup. */
class setup_report_view {
public:
    explicit setup_report_view(const zfssa_setup_report_t *raw) : raw_(raw) {}
    static setup_report_view of(const zfssa_result_t *result)
    {
        return setup_report_view(zfssa_result_setup_report(result));
    }

    /** Node name of the appliance. */
    std::string_view appliance() const { return detail::shown(raw_->appliance); }

    /** Version of its software. */
    std::string_view software_version() const { return detail::shown(raw_->software_version); }

    /** IQN of the target that presents the volumes. */
    std::string_view target_iqn() const { return detail::shown(raw_->target_iqn); }

    /** Portals, as address:port. */
    strings target_portals() const
    {
        return strings(raw_->target_portals, raw_->target_portals_count);
    }

    /** Objects created or changed, one sentence each; none if all were ready. */
    strings changes() const { return strings(raw_->changes, raw_->changes_count); }

    /** Findings that need attention, one sentence each. */
    strings warnings() const { return strings(raw_->warnings, raw_->warnings_count); }

    /** The C structure that this view reads. */
    const zfssa_setup_report_t *raw() const noexcept { return raw_; }

private:
    const zfssa_setup_report_t *raw_;
};

/** The reply to Cinder's get_volume_stats: capacity and capabilities of the backend. */
class volume_stats_view {
public:
    explicit volume_stats_view(const zfssa_volume_stats_t *raw) : raw_(raw) {}
    static volume_stats_view of(const zfssa_result_t *result)
    {
        return volume_stats_view(zfssa_result_volume_stats(result));
    }

    /** Reserved capacity in percent. */
    std::uint32_t reserved_percentage() const { return raw_->reserved_percentage; }

    /** True when new volumes are thin. */
    bool thin_provisioning_support() const { return raw_->thin_provisioning_support != 0; }

    /** True when new volumes are thick. */
    bool thick_provisioning_support() const { return raw_->thick_provisioning_support != 0; }

    /** Always true: a volume may be presented to several hosts. */
    bool multiattach() const { return raw_->multiattach != 0; }

    /** True when an attached volume may be extended. */
    bool online_extend_support() const { return raw_->online_extend_support != 0; }

    /**
     * True if the appliance's project shows limits of bandwidth (as of OS8.8). Cinder's key is
     * QoS_support.
     */
    bool qos_support() const { return raw_->qos_support != 0; }

    /** Always false: a clone is made in the pool of its source. */
    bool clone_across_pools() const { return raw_->clone_across_pools != 0; }

    /** Number of volumes. */
    std::uint64_t total_volumes() const { return raw_->total_volumes; }

    /** Capacity of the project, free and used, in bytes. */
    std::uint64_t total_capacity_bytes() const { return raw_->total_capacity_bytes; }

    /** Free capacity of the project in bytes. */
    std::uint64_t free_capacity_bytes() const { return raw_->free_capacity_bytes; }

    /** Sum of the volume sizes in bytes. */
    std::uint64_t provisioned_capacity_bytes() const { return raw_->provisioned_capacity_bytes; }

    /** `total_capacity_bytes` in GiB. */
    double total_capacity_gb() const { return raw_->total_capacity_gb; }

    /** `free_capacity_bytes` in GiB. */
    double free_capacity_gb() const { return raw_->free_capacity_gb; }

    /** `provisioned_capacity_bytes` in GiB. */
    double provisioned_capacity_gb() const { return raw_->provisioned_capacity_gb; }

    /** Same as `provisioned_capacity_gb`, for Cinder. */
    double allocated_capacity_gb() const { return raw_->allocated_capacity_gb; }

    /** Option volume_backend_name. */
    std::string_view volume_backend_name() const
    {
        return detail::shown(raw_->volume_backend_name);
    }

    /** Always Oracle. */
    std::string_view vendor_name() const { return detail::shown(raw_->vendor_name); }

    /** Version of this library. */
    std::string_view driver_version() const { return detail::shown(raw_->driver_version); }

    /** Always iSCSI. */
    std::string_view storage_protocol() const { return detail::shown(raw_->storage_protocol); }

    /** Pool name for the scheduler. */
    std::string_view pool_name() const { return detail::shown(raw_->pool_name); }

    /** Option max_over_subscription_ratio: a number, or auto. */
    std::string_view max_over_subscription_ratio() const
    {
        return detail::shown(raw_->max_over_subscription_ratio);
    }

    /**
     * Always up. If the other cluster head owns the pool, the operation fails with
     * ZFSSA_E_POOL_NOT_OWNED, and the host should report down.
     */
    std::string_view backend_state() const { return detail::shown(raw_->backend_state); }

    /** Six fields for migration between backends; the field for credentials is empty. */
    std::string_view location_info() const { return detail::shown(raw_->location_info); }

    /** Profile of the pool, such as mirror. */
    std::string_view zfssa_poolprofile() const { return detail::shown(raw_->zfssa_poolprofile); }

    /** Default block size, as in the option zfssa_lun_volblocksize. */
    std::string_view zfssa_volblocksize() const { return detail::shown(raw_->zfssa_volblocksize); }

    /** Default provisioning: True for thin. */
    std::string_view zfssa_sparse() const { return detail::shown(raw_->zfssa_sparse); }

    /** Default compression. */
    std::string_view zfssa_compression() const { return detail::shown(raw_->zfssa_compression); }

    /** Default synchronous write bias. */
    std::string_view zfssa_logbias() const { return detail::shown(raw_->zfssa_logbias); }

    /** The C structure that this view reads. */
    const zfssa_volume_stats_t *raw() const noexcept { return raw_; }

private:
    const zfssa_volume_stats_t *raw_;
};

/** The origin of a clone. */
class origin_view {
public:
    explicit origin_view(const zfssa_origin_t *raw) : raw_(raw) {}

    /** Project of the source. */
    std::string_view project() const { return detail::shown(raw_->project); }

    /** Source volume. */
    std::string_view volume() const { return detail::shown(raw_->volume); }

    /** Snapshot of the source. */
    std::string_view snapshot() const { return detail::shown(raw_->snapshot); }

    /** The C structure that this view reads. */
    const zfssa_origin_t *raw() const noexcept { return raw_; }

private:
    const zfssa_origin_t *raw_;
};

/** A property of a volume. */
class volume_property_view {
public:
    explicit volume_property_view(const zfssa_volume_property_t *raw) : raw_(raw) {}

    /**
     * The appliance's name, such as encryption or writelimit, or delete_with_clones for a volume
     * whose type sets it.
     */
    std::string_view name() const { return detail::shown(raw_->name); }

    /**
     * The value as text: a word, true or false, a count, or bytes per second (0 without a limit).
     */
    std::string_view value() const { return detail::shown(raw_->value); }

    /** The C structure that this view reads. */
    const zfssa_volume_property_t *raw() const noexcept { return raw_; }

private:
    const zfssa_volume_property_t *raw_;
};

/** A volume: a LUN in the backend's project. */
class volume_view {
public:
    explicit volume_view(const zfssa_volume_t *raw) : raw_(raw) {}
    static volume_view of(const zfssa_result_t *result)
    {
        return volume_view(zfssa_result_volume(result));
    }

    /** Block size in bytes. */
    std::uint32_t block_size_bytes() const { return raw_->block_size_bytes; }

    /** True when the volume is thin provisioned. */
    bool sparse() const { return raw_->sparse != 0; }

    /** The property cinder_managed; std::nullopt when it is not set. */
    std::optional<bool> managed() const
    {
        return raw_->managed < 0 ? std::nullopt : std::optional<bool>(raw_->managed != 0);
    }

    /** True when this call created it; false when an earlier call did, and for look-ups. */
    bool created() const { return raw_->created != 0; }

    /** Size in bytes. */
    std::uint64_t size_bytes() const { return raw_->size_bytes; }

    /** Bytes of data in the volume, without snapshots. */
    std::uint64_t used_bytes() const { return raw_->used_bytes; }

    /** Name of the LUN. */
    std::string_view name() const { return detail::shown(raw_->name); }

    /** Pool. */
    std::string_view pool() const { return detail::shown(raw_->pool); }

    /** Project. */
    std::string_view project() const { return detail::shown(raw_->project); }

    /** GUID of the LUN, 32 hexadecimal digits. */
    std::string_view guid() const { return detail::shown(raw_->guid); }

    /** Compression, as the appliance names it. */
    std::string_view compression() const { return detail::shown(raw_->compression); }

    /** Synchronous write bias: latency or throughput. */
    std::string_view logbias() const { return detail::shown(raw_->logbias); }

    /** Target group through which the LUN is presented. */
    std::string_view target_group() const { return detail::shown(raw_->target_group); }

    /** Time of creation, UTC, in the appliance's format. */
    std::string_view created_at() const { return detail::shown(raw_->created_at); }

    /** Initiator groups to which the LUN is presented; may be none. */
    strings initiator_groups() const
    {
        return strings(raw_->initiator_groups, raw_->initiator_groups_count);
    }

    /** Origin of a clone; std::nullopt for other volumes. */
    std::optional<origin_view> origin() const
    {
        return raw_->origin != nullptr ? std::optional<origin_view>(raw_->origin) : std::nullopt;
    }

    /**
     * Encryption, caches, copies and limits, as far as the appliance shows them; empty when it
     * shows none.
     */
    list<volume_property_view, const zfssa_volume_property_t *> properties() const
    {
        return {raw_->properties, raw_->properties_count};
    }

    /** The C structure that this view reads. */
    const zfssa_volume_t *raw() const noexcept { return raw_; }

private:
    const zfssa_volume_t *raw_;
};

/** The report of a deletion. */
class delete_report_view {
public:
    explicit delete_report_view(const zfssa_delete_report_t *raw) : raw_(raw) {}
    static delete_report_view of(const zfssa_result_t *result)
    {
        return delete_report_view(zfssa_result_delete_report(result));
    }

    /** True when it existed before the call. */
    bool existed() const { return raw_->existed != 0; }

    /** The C structure that this view reads. */
    const zfssa_delete_report_t *raw() const noexcept { return raw_; }

private:
    const zfssa_delete_report_t *raw_;
};

/** The volumes of the project. */
class volumes_view {
public:
    explicit volumes_view(const zfssa_volumes_t *raw) : raw_(raw) {}
    static volumes_view of(const zfssa_result_t *result)
    {
        return volumes_view(zfssa_result_volumes(result));
    }

    /** The volumes, ordered by name. */
    list<volume_view, const zfssa_volume_t *> volumes() const
    {
        return {raw_->volumes, raw_->count};
    }

    /** `marker` of the next page; std::nullopt after the last. */
    std::optional<std::string_view> next_marker() const
    {
        return detail::shown_if_any(raw_->next_marker);
    }

    /** The C structure that this view reads. */
    const zfssa_volumes_t *raw() const noexcept { return raw_; }

private:
    const zfssa_volumes_t *raw_;
};

/** A snapshot of a volume. */
class snapshot_view {
public:
    explicit snapshot_view(const zfssa_snapshot_t *raw) : raw_(raw) {}
    static snapshot_view of(const zfssa_result_t *result)
    {
        return snapshot_view(zfssa_result_snapshot(result));
    }

    /** True when this call created it. */
    bool created() const { return raw_->created != 0; }

    /** Number of clones; the appliance may count a deleted clone for a while. */
    std::uint64_t clones() const { return raw_->clones; }

    /** Bytes that only this snapshot holds. */
    std::uint64_t unique_bytes() const { return raw_->unique_bytes; }

    /** Name of the snapshot. */
    std::string_view name() const { return detail::shown(raw_->name); }

    /** Volume of the snapshot. */
    std::string_view volume() const { return detail::shown(raw_->volume); }

    /** Pool. */
    std::string_view pool() const { return detail::shown(raw_->pool); }

    /** Project. */
    std::string_view project() const { return detail::shown(raw_->project); }

    /** Time of creation, UTC, in the appliance's format. */
    std::string_view created_at() const { return detail::shown(raw_->created_at); }

    /** The C structure that this view reads. */
    const zfssa_snapshot_t *raw() const noexcept { return raw_; }

private:
    const zfssa_snapshot_t *raw_;
};

/** The snapshots of a volume or of the project. */
class snapshots_view {
public:
    explicit snapshots_view(const zfssa_snapshots_t *raw) : raw_(raw) {}
    static snapshots_view of(const zfssa_result_t *result)
    {
        return snapshots_view(zfssa_result_snapshots(result));
    }

    /** The snapshots, oldest first. */
    list<snapshot_view, const zfssa_snapshot_t *> snapshots() const
    {
        return {raw_->snapshots, raw_->count};
    }

    /** `marker` of the next page; std::nullopt after the last. */
    std::optional<std::string_view> next_marker() const
    {
        return detail::shown_if_any(raw_->next_marker);
    }

    /** The C structure that this view reads. */
    const zfssa_snapshots_t *raw() const noexcept { return raw_; }

private:
    const zfssa_snapshots_t *raw_;
};

/** The report of a volume from an image. */
class cloned_image_view {
public:
    explicit cloned_image_view(const zfssa_cloned_image_t *raw) : raw_(raw) {}
    static cloned_image_view of(const zfssa_result_t *result)
    {
        return cloned_image_view(zfssa_result_cloned_image(result));
    }

    /** True when the image was written during this call. */
    bool transferred() const { return raw_->transferred != 0; }

    /**
     * The volume; std::nullopt when the cache declined and the host should create the volume
     * itself.
     */
    std::optional<volume_view> volume() const
    {
        return raw_->volume != nullptr ? std::optional<volume_view>(raw_->volume) : std::nullopt;
    }

    /** Reason why the cache declined; empty when it did not. */
    std::string_view declined() const { return detail::shown(raw_->declined); }

    /** Cache entry from which the volume was cloned; empty when the cache declined. */
    std::string_view cache_entry() const { return detail::shown(raw_->cache_entry); }

    /** The C structure that this view reads. */
    const zfssa_cloned_image_t *raw() const noexcept { return raw_; }

private:
    const zfssa_cloned_image_t *raw_;
};

/** The connection of a host to a volume, as Cinder's connection properties. */
class connection_view {
public:
    explicit connection_view(const zfssa_connection_t *raw) : raw_(raw) {}
    static connection_view of(const zfssa_result_t *result)
    {
        return connection_view(zfssa_result_connection(result));
    }

    /** Always false: no discovery is needed. */
    bool target_discovered() const { return raw_->target_discovered != 0; }

    /** LU number for this host. */
    std::uint32_t target_lun() const { return raw_->target_lun; }

    /** True when the host may send discards. */
    bool discard() const { return raw_->discard != 0; }

    /** True when this call presented the volume. */
    bool changed() const { return raw_->changed != 0; }

    /** Always iscsi. */
    std::string_view driver_volume_type() const { return detail::shown(raw_->driver_volume_type); }

    /** Volume id of the request. */
    std::string_view volume_id() const { return detail::shown(raw_->volume_id); }

    /** First portal, as address:port. */
    std::string_view target_portal() const { return detail::shown(raw_->target_portal); }

    /** IQN of the target. */
    std::string_view target_iqn() const { return detail::shown(raw_->target_iqn); }

    /** All portals. */
    strings target_portals() const { return strings(raw_->target_portals, raw_->paths_count); }

    /** IQN of the target at each portal. */
    strings target_iqns() const { return strings(raw_->target_iqns, raw_->paths_count); }

    /** LU number at each portal. */
    list<std::uint32_t, std::uint32_t> target_luns() const
    {
        return {raw_->target_luns, raw_->paths_count};
    }

    /** Initiator groups through which the volume is presented to the host. */
    strings initiator_groups() const
    {
        return strings(raw_->initiator_groups, raw_->initiator_groups_count);
    }

    /** CHAP, or std::nullopt without authentication. */
    std::optional<std::string_view> auth_method() const
    {
        return detail::shown_if_any(raw_->auth_method);
    }

    /** CHAP name, or std::nullopt. */
    std::optional<std::string_view> auth_username() const
    {
        return detail::shown_if_any(raw_->auth_username);
    }

    /** CHAP secret in clear text, or std::nullopt. Wiped when the result is freed. */
    std::optional<std::string_view> auth_password() const
    {
        return detail::shown_if_any(raw_->auth_password);
    }

    /**
     * CHAP for authentication of the target by the host, or std::nullopt. Set if both host and
     * target have CHAP accounts.
     */
    std::optional<std::string_view> target_auth_method() const
    {
        return detail::shown_if_any(raw_->target_auth_method);
    }

    /** CHAP name of the target, or std::nullopt. */
    std::optional<std::string_view> target_auth_username() const
    {
        return detail::shown_if_any(raw_->target_auth_username);
    }

    /** CHAP secret of the target in clear text, or std::nullopt. Wiped when the result is freed. */
    std::optional<std::string_view> target_auth_password() const
    {
        return detail::shown_if_any(raw_->target_auth_password);
    }

    /** The C structure that this view reads. */
    const zfssa_connection_t *raw() const noexcept { return raw_; }

private:
    const zfssa_connection_t *raw_;
};

/** The report of a terminated connection. */
class detach_report_view {
public:
    explicit detach_report_view(const zfssa_detach_report_t *raw) : raw_(raw) {}
    static detach_report_view of(const zfssa_result_t *result)
    {
        return detach_report_view(zfssa_result_detach_report(result));
    }

    /** True when the volume is still presented to the host, through a group that had to be kept. */
    bool still_presented() const { return raw_->still_presented != 0; }

    /** True when this call changed anything. */
    bool changed() const { return raw_->changed != 0; }

    /** Initiator groups to which the volume is presented now. */
    strings initiator_groups() const
    {
        return strings(raw_->initiator_groups, raw_->initiator_groups_count);
    }

    /** The C structure that this view reads. */
    const zfssa_detach_report_t *raw() const noexcept { return raw_; }

private:
    const zfssa_detach_report_t *raw_;
};

/** An existing LUN or snapshot. */
class manageable_entry_view {
public:
    explicit manageable_entry_view(const zfssa_manageable_entry_t *raw) : raw_(raw) {}

    /** True when it may be managed safely. */
    bool safe_to_manage() const { return raw_->safe_to_manage != 0; }

    /** Size in GiB, rounded up; for a snapshot, that of its volume. */
    std::uint64_t size_gib() const { return raw_->size_gib; }

    /** Cinder's source-name: name of the LUN or snapshot. */
    std::string_view reference() const { return detail::shown(raw_->reference); }

    /** For a snapshot, name of its LUN; empty for a LUN. */
    std::string_view source_reference() const { return detail::shown(raw_->source_reference); }

    /** Reason why it may not be managed; empty when it may. */
    std::string_view reason_not_safe() const { return detail::shown(raw_->reason_not_safe); }

    /** Cinder's id of this volume or snapshot; empty when Cinder does not know it. */
    std::string_view cinder_id() const { return detail::shown(raw_->cinder_id); }

    /** Further information for operators, as text. */
    std::string_view extra_info() const { return detail::shown(raw_->extra_info); }

    /** The C structure that this view reads. */
    const zfssa_manageable_entry_t *raw() const noexcept { return raw_; }

private:
    const zfssa_manageable_entry_t *raw_;
};

/** The list of LUNs or snapshots that could be managed, or a part of it. */
class manageable_list_view {
public:
    explicit manageable_list_view(const zfssa_manageable_list_t *raw) : raw_(raw) {}
    static manageable_list_view of(const zfssa_result_t *result)
    {
        return manageable_list_view(zfssa_result_manageable_list(result));
    }

    /** Total number of entries. */
    std::uint64_t total() const { return raw_->total; }

    /** The entries, in the requested order. */
    list<manageable_entry_view, const zfssa_manageable_entry_t *> entries() const
    {
        return {raw_->entries, raw_->count};
    }

    /** `marker` of the next page; std::nullopt after the last. */
    std::optional<std::string_view> next_marker() const
    {
        return detail::shown_if_any(raw_->next_marker);
    }

    /** The C structure that this view reads. */
    const zfssa_manageable_list_t *raw() const noexcept { return raw_; }

private:
    const zfssa_manageable_list_t *raw_;
};

/** The size of an existing LUN or snapshot. */
class existing_size_view {
public:
    explicit existing_size_view(const zfssa_existing_size_t *raw) : raw_(raw) {}
    static existing_size_view of(const zfssa_result_t *result)
    {
        return existing_size_view(zfssa_result_existing_size(result));
    }

    /** Size in GiB, rounded up. */
    std::uint64_t size_gib() const { return raw_->size_gib; }

    /** Size in bytes. */
    std::uint64_t size_bytes() const { return raw_->size_bytes; }

    /** The C structure that this view reads. */
    const zfssa_existing_size_t *raw() const noexcept { return raw_; }

private:
    const zfssa_existing_size_t *raw_;
};

/** The report of a LUN taken under management. */
class manage_report_view {
public:
    explicit manage_report_view(const zfssa_manage_report_t *raw) : raw_(raw) {}
    static manage_report_view of(const zfssa_result_t *result)
    {
        return manage_report_view(zfssa_result_manage_report(result));
    }

    /** True when this call changed it. */
    bool changed() const { return raw_->changed != 0; }

    /** Volume as it is now. */
    volume_view volume() const { return volume_view(raw_->volume); }

    /** Previous name of the LUN. */
    std::string_view previous_name() const { return detail::shown(raw_->previous_name); }

    /** Initiator groups that lost access to the LUN. */
    strings taken_from() const { return strings(raw_->taken_from, raw_->taken_from_count); }

    /** Snapshots, which prevent the volume from being deleted. */
    strings snapshots() const { return strings(raw_->snapshots, raw_->snapshots_count); }

    /** The C structure that this view reads. */
    const zfssa_manage_report_t *raw() const noexcept { return raw_; }

private:
    const zfssa_manage_report_t *raw_;
};

/** The report of a volume or snapshot released from management. */
class unmanage_report_view {
public:
    explicit unmanage_report_view(const zfssa_unmanage_report_t *raw) : raw_(raw) {}
    static unmanage_report_view of(const zfssa_result_t *result)
    {
        return unmanage_report_view(zfssa_result_unmanage_report(result));
    }

    /** True when this call renamed it. */
    bool changed() const { return raw_->changed != 0; }

    /** Previous name. */
    std::string_view name() const { return detail::shown(raw_->name); }

    /** New name. */
    std::string_view new_name() const { return detail::shown(raw_->new_name); }

    /** The C structure that this view reads. */
    const zfssa_unmanage_report_t *raw() const noexcept { return raw_; }

private:
    const zfssa_unmanage_report_t *raw_;
};

/** The report of a snapshot taken under management. */
class managed_snapshot_view {
public:
    explicit managed_snapshot_view(const zfssa_managed_snapshot_t *raw) : raw_(raw) {}
    static managed_snapshot_view of(const zfssa_result_t *result)
    {
        return managed_snapshot_view(zfssa_result_managed_snapshot(result));
    }

    /** True when this call renamed it. */
    bool changed() const { return raw_->changed != 0; }

    /** Snapshot as it is now. */
    snapshot_view snapshot() const { return snapshot_view(raw_->snapshot); }

    /** Previous name. */
    std::string_view previous_name() const { return detail::shown(raw_->previous_name); }

    /** The C structure that this view reads. */
    const zfssa_managed_snapshot_t *raw() const noexcept { return raw_; }

private:
    const zfssa_managed_snapshot_t *raw_;
};

/** The report of a retype. */
class retype_report_view {
public:
    explicit retype_report_view(const zfssa_retype_report_t *raw) : raw_(raw) {}
    static retype_report_view of(const zfssa_result_t *result)
    {
        return retype_report_view(zfssa_result_retype_report(result));
    }

    /**
     * True when the volume matches the type now; false when that is impossible in place, and
     * nothing was changed.
     */
    bool in_place() const { return raw_->in_place != 0; }

    /** Reason why it is impossible in place; empty otherwise. */
    std::string_view reason() const { return detail::shown(raw_->reason); }

    /** Changes, one sentence each. */
    strings changes() const { return strings(raw_->changes, raw_->changes_count); }

    /** Volume as it is now. */
    volume_view volume() const { return volume_view(raw_->volume); }

    /** The C structure that this view reads. */
    const zfssa_retype_report_t *raw() const noexcept { return raw_; }

private:
    const zfssa_retype_report_t *raw_;
};

/** The report of a migration. */
class migration_view {
public:
    explicit migration_view(const zfssa_migration_t *raw) : raw_(raw) {}
    static migration_view of(const zfssa_result_t *result)
    {
        return migration_view(zfssa_result_migration(result));
    }

    /** True when the volume is at the destination; false when the migration was declined. */
    bool migrated() const { return raw_->migrated != 0; }

    /**
     * Reason for declining, as a stable name such as no_space; std::nullopt when migrated. Any
     * version may add reasons.
     */
    std::optional<std::string_view> declined() const
    {
        return detail::shown_if_any(raw_->declined);
    }

    /** The reason in one sentence; empty when migrated. */
    std::string_view reason() const { return detail::shown(raw_->reason); }

    /** GUID of the volume at the destination; empty when declined. */
    std::string_view guid() const { return detail::shown(raw_->guid); }

    /**
     * Objects that could not be deleted at the source, as text. The volume has moved nevertheless;
     * with a zfssa_state_dir, recover() deletes them later.
     */
    strings left_behind() const { return strings(raw_->left_behind, raw_->left_behind_count); }

    /** The C structure that this view reads. */
    const zfssa_migration_t *raw() const noexcept { return raw_; }

private:
    const zfssa_migration_t *raw_;
};

/** The name of a migrated volume. */
class migrated_volume_view {
public:
    explicit migrated_volume_view(const zfssa_migrated_volume_t *raw) : raw_(raw) {}
    static migrated_volume_view of(const zfssa_result_t *result)
    {
        return migrated_volume_view(zfssa_result_migrated_volume(result));
    }

    /** True when this call renamed it. */
    bool renamed() const { return raw_->renamed != 0; }

    /** Current name. */
    std::string_view name() const { return detail::shown(raw_->name); }

    /** Cinder's _name_id; std::nullopt when the volume has its original name. */
    std::optional<std::string_view> name_id() const { return detail::shown_if_any(raw_->name_id); }

    /** The C structure that this view reads. */
    const zfssa_migrated_volume_t *raw() const noexcept { return raw_; }

private:
    const zfssa_migrated_volume_t *raw_;
};

/** The pair of Cinder's id and the provider id of an object. */
class provider_id_view {
public:
    explicit provider_id_view(const zfssa_provider_id_t *raw) : raw_(raw) {}

    /** Cinder's id. */
    std::string_view id() const { return detail::shown(raw_->id); }

    /** Id on the appliance. */
    std::string_view provider_id() const { return detail::shown(raw_->provider_id); }

    /** The C structure that this view reads. */
    const zfssa_provider_id_t *raw() const noexcept { return raw_; }

private:
    const zfssa_provider_id_t *raw_;
};

/** The report on which objects exist, with their provider ids. */
class provider_info_view {
public:
    explicit provider_info_view(const zfssa_provider_info_t *raw) : raw_(raw) {}
    static provider_info_view of(const zfssa_result_t *result)
    {
        return provider_info_view(zfssa_result_provider_info(result));
    }

    /** The existing volumes; the provider id is the GUID of the LUN. */
    list<provider_id_view, const zfssa_provider_id_t *> volumes() const
    {
        return {raw_->volumes, raw_->volumes_count};
    }

    /** The existing snapshots; the provider id is <GUID of the LUN>@<name>. */
    list<provider_id_view, const zfssa_provider_id_t *> snapshots() const
    {
        return {raw_->snapshots, raw_->snapshots_count};
    }

    /** Cinder's ids of missing volumes. */
    strings missing_volumes() const
    {
        return strings(raw_->missing_volumes, raw_->missing_volumes_count);
    }

    /** Cinder's ids of missing snapshots. */
    strings missing_snapshots() const
    {
        return strings(raw_->missing_snapshots, raw_->missing_snapshots_count);
    }

    /** The C structure that this view reads. */
    const zfssa_provider_info_t *raw() const noexcept { return raw_; }

private:
    const zfssa_provider_info_t *raw_;
};

/** The report of the deletion of one volume or snapshot of a group. */
class deleted_part_view {
public:
    explicit deleted_part_view(const zfssa_deleted_part_t *raw) : raw_(raw) {}

    /** True when it was deleted. */
    bool deleted() const { return raw_->deleted != 0; }

    /** True when it existed before the call. */
    bool existed() const { return raw_->existed != 0; }

    /** Status of the failure; 0 when it was deleted. */
    zfssa_status_t status() const { return raw_->status; }

    /** Name of the volume, or volume@snapshot. */
    std::string_view name() const { return detail::shown(raw_->name); }

    /** Reason of the failure; empty when it was deleted. */
    std::string_view error() const { return detail::shown(raw_->error); }

    /** The C structure that this view reads. */
    const zfssa_deleted_part_t *raw() const noexcept { return raw_; }

private:
    const zfssa_deleted_part_t *raw_;
};

/** The report of the deletion of a group. */
class group_delete_report_view {
public:
    explicit group_delete_report_view(const zfssa_group_delete_report_t *raw) : raw_(raw) {}
    static group_delete_report_view of(const zfssa_result_t *result)
    {
        return group_delete_report_view(zfssa_result_group_delete_report(result));
    }

    /** True when all were deleted. */
    bool all_deleted() const { return raw_->all_deleted != 0; }

    /** The parts, in the order of the request. */
    list<deleted_part_view, const zfssa_deleted_part_t *> parts() const
    {
        return {raw_->parts, raw_->count};
    }

    /** The C structure that this view reads. */
    const zfssa_group_delete_report_t *raw() const noexcept { return raw_; }

private:
    const zfssa_group_delete_report_t *raw_;
};

/** An interrupted operation of a dead process. */
class recovered_flow_view {
public:
    explicit recovered_flow_view(const zfssa_recovered_flow_t *raw) : raw_(raw) {}

    /** One of the ZFSSA_RECOVERY_ constants. */
    std::uint32_t settled() const { return raw_->settled; }

    /** Kind of operation. */
    std::string_view flow() const { return detail::shown(raw_->flow); }

    /** Object of the operation. */
    std::string_view object() const { return detail::shown(raw_->object); }

    /** Id of the operation. */
    std::string_view operation() const { return detail::shown(raw_->operation); }

    /** Outcome, in one sentence. */
    std::string_view message() const { return detail::shown(raw_->message); }

    /** The C structure that this view reads. */
    const zfssa_recovered_flow_t *raw() const noexcept { return raw_; }

private:
    const zfssa_recovered_flow_t *raw_;
};

/** A file in the journal directory that was not recovered. */
class journal_finding_view {
public:
    explicit journal_finding_view(const zfssa_journal_finding_t *raw) : raw_(raw) {}

    /** One of the ZFSSA_JOURNAL_FINDING_ constants. */
    std::uint32_t kind() const { return raw_->kind; }

    /** Path of the file, or `etcd:` and the key. */
    std::string_view path() const { return detail::shown(raw_->path); }

    /**
     * Name of the other backend, host and process that work on it, damage or failure; may be empty.
     */
    std::string_view detail() const { return detail::shown(raw_->detail); }

    /** The C structure that this view reads. */
    const zfssa_journal_finding_t *raw() const noexcept { return raw_; }

private:
    const zfssa_journal_finding_t *raw_;
};

/** The report of a recovery. */
class recover_report_view {
public:
    explicit recover_report_view(const zfssa_recover_report_t *raw) : raw_(raw) {}
    static recover_report_view of(const zfssa_result_t *result)
    {
        return recover_report_view(zfssa_result_recover_report(result));
    }

    /** The interrupted operations. */
    list<recovered_flow_view, const zfssa_recovered_flow_t *> recovered() const
    {
        return {raw_->recovered, raw_->recovered_count};
    }

    /** The files that were not recovered. */
    list<journal_finding_view, const zfssa_journal_finding_t *> findings() const
    {
        return {raw_->findings, raw_->findings_count};
    }

    /** The C structure that this view reads. */
    const zfssa_recover_report_t *raw() const noexcept { return raw_; }

private:
    const zfssa_recover_report_t *raw_;
};

/** An object without owner, or a missing object. */
class audit_finding_view {
public:
    explicit audit_finding_view(const zfssa_audit_finding_t *raw) : raw_(raw) {}

    /** True when a flag would delete it. */
    bool fixable() const { return raw_->fixable != 0; }

    /** True when this call deleted it. */
    bool fixed() const { return raw_->fixed != 0; }

    /**
     * Kind: volume, temporary_snapshot, project_snapshot, snapshot, cache_entry, deferred,
     * migration, temporary_project, replication_action, replication_package, journal,
     * missing_volume or missing_snapshot.
     */
    std::string_view kind() const { return detail::shown(raw_->kind); }

    /** Name; for a snapshot, volume@snapshot. */
    std::string_view object() const { return detail::shown(raw_->object); }

    /** Details for operators, as text. */
    std::string_view detail() const { return detail::shown(raw_->detail); }

    /** Reason why the deletion failed; empty otherwise. */
    std::string_view error() const { return detail::shown(raw_->error); }

    /** The C structure that this view reads. */
    const zfssa_audit_finding_t *raw() const noexcept { return raw_; }

private:
    const zfssa_audit_finding_t *raw_;
};

/** The report of an audit. */
class audit_report_view {
public:
    explicit audit_report_view(const zfssa_audit_report_t *raw) : raw_(raw) {}
    static audit_report_view of(const zfssa_result_t *result)
    {
        return audit_report_view(zfssa_result_audit_report(result));
    }

    /** Number of deleted objects among the findings. */
    std::uint32_t fixed() const { return raw_->fixed; }

    /** The objects without owner and the missing objects, ordered by kind and name. */
    list<audit_finding_view, const zfssa_audit_finding_t *> findings() const
    {
        return {raw_->findings, raw_->findings_count};
    }

    /** Objects that could not be examined, one sentence each. On the first page. */
    strings not_looked_at() const
    {
        return strings(raw_->not_looked_at, raw_->not_looked_at_count);
    }

    /** `marker` of the next page; std::nullopt after the last. */
    std::optional<std::string_view> next_marker() const
    {
        return detail::shown_if_any(raw_->next_marker);
    }

    /** The C structure that this view reads. */
    const zfssa_audit_report_t *raw() const noexcept { return raw_; }

private:
    const zfssa_audit_report_t *raw_;
};

/** A persistent API token that was created. Its value is in the file only. */
class api_token_view {
public:
    explicit api_token_view(const zfssa_api_token_t *raw) : raw_(raw) {}
    static api_token_view of(const zfssa_result_t *result)
    {
        return api_token_view(zfssa_result_api_token(result));
    }

    /** Its id on the appliance, a UUID. */
    std::string_view id() const { return detail::shown(raw_->id); }

    /** Its name on the appliance, with the suffix of the library. */
    std::string_view name() const { return detail::shown(raw_->name); }

    /**
     * When it expires, as the appliance says it, such as 2020-04-30T03:20:31Z; empty if it does
     * not.
     */
    std::string_view expiration() const { return detail::shown(raw_->expiration); }

    /** Path of the file that holds it. */
    std::string_view token_file() const { return detail::shown(raw_->token_file); }

    /** Names of the former tokens that were revoked. */
    strings revoked() const { return strings(raw_->revoked, raw_->revoked_count); }

    /** The C structure that this view reads. */
    const zfssa_api_token_t *raw() const noexcept { return raw_; }

private:
    const zfssa_api_token_t *raw_;
};

// Requests.

/** A volume or snapshot that Cinder knows. */
struct known_volume {
    /** Cinder's id. */
    std::string id = {};
    /** Name on the appliance. */
    std::string name = {};

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_known_volume_t &c, detail::arguments &memory) const
    {
        c.id = memory.text(id);
        c.name = memory.text(name);
    }
};

/** A snapshot that Cinder knows. */
struct known_snapshot {
    /** Cinder's id. */
    std::string id = {};
    /** Name on the appliance. */
    std::string name = {};
    /** Name of its volume on the appliance. */
    std::string volume = {};

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_known_snapshot_t &c, detail::arguments &memory) const
    {
        c.id = memory.text(id);
        c.name = memory.text(name);
        c.volume = memory.text(volume);
    }
};

/** A volume of a group, and its snapshot. */
struct group_member {
    /** Name of the LUN. */
    std::string volume = {};
    /** Name of the snapshot. */
    std::string snapshot = {};

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_group_member_t &c, detail::arguments &memory) const
    {
        c.volume = memory.text(volume);
        c.snapshot = memory.text(snapshot);
    }
};

/** A volume of a new group. */
struct group_clone {
    /** Name of the new LUN. */
    std::string name = {};
    /** Name of the source LUN. */
    std::string source_volume = {};
    /**
     * Snapshot of the source. std::nullopt: the current state of the source, at one instant for all
     * sources.
     */
    std::optional<std::string> snapshot = {};
    /** Size in GiB, at least that of the source. */
    std::uint64_t size_gib = 0;
    /** Extra specs of the volume type. */
    std::map<std::string, std::string> extra_specs = {};

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_group_clone_t &c, detail::arguments &memory) const
    {
        c.name = memory.text(name);
        c.source_volume = memory.text(source_volume);
        c.snapshot = memory.text(snapshot);
        c.size_gib = size_gib;
        c.extra_specs = memory.pairs(extra_specs, c.extra_specs_count);
    }
};

/** Request for echo(). */
struct echo_request {
    /** Returned unchanged: UTF-8 of up to 1,048,576 bytes. std::nullopt: an empty text. */
    std::optional<std::string> message = {};
    /** Duration of the operation, in milliseconds. */
    std::uint64_t delay_ms = 0;
    /** Status to fail with; 0 to succeed. */
    zfssa_status_t fail_with = 0;

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_echo_args_t &c, detail::arguments &memory) const
    {
        c.message = memory.text(message);
        c.delay_ms = delay_ms;
        c.fail_with = fail_with;
    }
};

/** Request for get_certificate(). */
struct get_certificate_request {

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_get_certificate_args_t &, detail::arguments &) const
    {
    }
};

/** Request for check_for_setup_error(). */
struct check_for_setup_error_request {

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_check_for_setup_error_args_t &, detail::arguments &) const
    {
    }
};

/** Request for do_setup(). */
struct do_setup_request {

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_do_setup_args_t &, detail::arguments &) const
    {
    }
};

/** Request for get_volume_stats(). */
struct get_volume_stats_request {

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_get_volume_stats_args_t &, detail::arguments &) const
    {
    }
};

/** Request for create_volume(). */
struct create_volume_request {
    /** Name of the LUN, such as volume-<uuid>. */
    std::string name = {};
    /** Size in GiB, at least 1. */
    std::uint64_t size_gib = 0;
    /**
     * Extra specs of the volume type. Keys zfssa:* override the backend's defaults; keys of other
     * scopes are ignored.
     */
    std::map<std::string, std::string> extra_specs = {};

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_create_volume_args_t &c, detail::arguments &memory) const
    {
        c.name = memory.text(name);
        c.size_gib = size_gib;
        c.extra_specs = memory.pairs(extra_specs, c.extra_specs_count);
    }
};

/** Request for delete_volume(). */
struct delete_volume_request {
    /** Name of the LUN, such as volume-<uuid>. */
    std::string name = {};

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_delete_volume_args_t &c, detail::arguments &memory) const
    {
        c.name = memory.text(name);
    }
};

/** Request for extend_volume(). */
struct extend_volume_request {
    /** Name of the LUN, such as volume-<uuid>. */
    std::string name = {};
    /** New size in GiB, at least 1. */
    std::uint64_t size_gib = 0;

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_extend_volume_args_t &c, detail::arguments &memory) const
    {
        c.name = memory.text(name);
        c.size_gib = size_gib;
    }
};

/** Request for get_volume(). */
struct get_volume_request {
    /** Name of the LUN, such as volume-<uuid>. */
    std::string name = {};

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_get_volume_args_t &c, detail::arguments &memory) const
    {
        c.name = memory.text(name);
    }
};

/** Request for list_volumes(). */
struct list_volumes_request {
    /** Prefix of the names to list; std::nullopt: all volumes. */
    std::optional<std::string> prefix = {};
    /** `next_marker` of the page before; std::nullopt: from the beginning. */
    std::optional<std::string> marker = {};
    /** Maximum number of volumes; 0: no limit. */
    std::uint32_t limit = 0;

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_list_volumes_args_t &c, detail::arguments &memory) const
    {
        c.prefix = memory.text(prefix);
        c.marker = memory.text(marker);
        c.limit = limit;
    }
};

/** Request for create_snapshot(). */
struct create_snapshot_request {
    /** Name of the LUN. */
    std::string volume = {};
    /** Name of the snapshot, such as snapshot-<uuid>. */
    std::string name = {};

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_create_snapshot_args_t &c, detail::arguments &memory) const
    {
        c.volume = memory.text(volume);
        c.name = memory.text(name);
    }
};

/** Request for delete_snapshot(). */
struct delete_snapshot_request {
    /** Name of the LUN. */
    std::string volume = {};
    /** Name of the snapshot, such as snapshot-<uuid>. */
    std::string name = {};

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_delete_snapshot_args_t &c, detail::arguments &memory) const
    {
        c.volume = memory.text(volume);
        c.name = memory.text(name);
    }
};

/** Request for list_snapshots(). */
struct list_snapshots_request {
    /** Name of the LUN; zfssa::every: every volume of the backend's project. */
    one_or_every volume;
    /** `next_marker` of the page before; std::nullopt: from the beginning. */
    std::optional<std::string> marker = {};
    /** Maximum number of snapshots; 0: no limit. */
    std::uint32_t limit = 0;

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_list_snapshots_args_t &c, detail::arguments &memory) const
    {
        c.volume = memory.text(volume);
        c.marker = memory.text(marker);
        c.limit = limit;
    }
};

/** Request for revert_to_snapshot(). */
struct revert_to_snapshot_request {
    /** Name of the LUN. */
    std::string volume = {};
    /** Name of the snapshot. */
    std::string snapshot = {};
    /** Size of the volume in Cinder, in GiB; 0: its current size. */
    std::uint64_t size_gib = 0;

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_revert_to_snapshot_args_t &c, detail::arguments &memory) const
    {
        c.volume = memory.text(volume);
        c.snapshot = memory.text(snapshot);
        c.size_gib = size_gib;
    }
};

/** Request for create_volume_from_snapshot(). */
struct create_volume_from_snapshot_request {
    /** Name of the new LUN. */
    std::string name = {};
    /** Size in GiB, at least that of the snapshot. */
    std::uint64_t size_gib = 0;
    /** Volume of the snapshot. */
    std::string source_volume = {};
    /** Name of the snapshot. */
    std::string snapshot = {};
    /**
     * Extra specs of the volume type. Keys zfssa:* override the backend's defaults; keys of other
     * scopes are ignored. A clone always has the block size of its source.
     */
    std::map<std::string, std::string> extra_specs = {};

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_create_volume_from_snapshot_args_t &c, detail::arguments &memory) const
    {
        c.name = memory.text(name);
        c.size_gib = size_gib;
        c.source_volume = memory.text(source_volume);
        c.snapshot = memory.text(snapshot);
        c.extra_specs = memory.pairs(extra_specs, c.extra_specs_count);
    }
};

/** Request for create_cloned_volume(). */
struct create_cloned_volume_request {
    /** Name of the new LUN. */
    std::string name = {};
    /**
     * Cinder's id of the new volume, for the temporary snapshot tmp-snapshot-<id>. std::nullopt:
     * the name without the prefix volume-.
     */
    std::optional<std::string> id = {};
    /** Size in GiB, at least that of the source. */
    std::uint64_t size_gib = 0;
    /** Name of the source LUN. */
    std::string source_volume = {};
    /**
     * Extra specs of the volume type. Keys zfssa:* override the backend's defaults; keys of other
     * scopes are ignored. Block size and encryption are those of the source: another block size is
     * ignored, and another encryption refused with ZFSSA_E_TYPE_MISMATCH.
     */
    std::map<std::string, std::string> extra_specs = {};

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_create_cloned_volume_args_t &c, detail::arguments &memory) const
    {
        c.name = memory.text(name);
        c.id = memory.text(id);
        c.size_gib = size_gib;
        c.source_volume = memory.text(source_volume);
        c.extra_specs = memory.pairs(extra_specs, c.extra_specs_count);
    }
};

/** Request for clone_image(). */
struct clone_image_request {
    /** Name of the new LUN. */
    std::string name = {};
    /**
     * Size in GiB, at least that of the cache entry: the image's size, rounded up to GiB, plus one
     * if it is a whole number of GiB.
     */
    std::uint64_t size_gib = 0;
    /** Id of the image, which names its cache entry. */
    std::string image_id = {};
    /** Time of the image's last update, in any format that is always the same. */
    std::string image_updated_at = {};
    /** Virtual size of the image in bytes; not 0. */
    std::uint64_t image_virtual_size = 0;
    /** IQN of the host that writes the image. */
    std::string initiator = {};
    /**
     * Extra specs of the volume type. Keys zfssa:* override the backend's defaults; keys of other
     * scopes are ignored.
     */
    std::map<std::string, std::string> extra_specs = {};
    /**
     * Absolute path of the image file, which qemu-img writes over iSCSI from user space.
     * std::nullopt: the host writes the image.
     */
    std::optional<std::string> image_path = {};
    /** Format of the file at `image_path`: raw, qcow2 or vmdk. std::nullopt without a file. */
    std::optional<std::string> image_format = {};
    /** Program for `image_path`. std::nullopt: qemu-img, from PATH. */
    std::optional<std::string> qemu_img = {};
    /**
     * Callback that is invoked when the image must be written. It owns its result:
     * zfssa_result_connection() has the connection, zfssa_result_ticket() the operation's ticket.
     * It may return before the image is written; zfssa_transfer_finish() ends the transfer, from
     * any thread. nullptr: none.
     */
    zfssa_callback_t transfer = nullptr;
    /** Context of `transfer` and `transfer_drop`; opaque to the library. */
    void* transfer_context = nullptr;
    /**
     * Destructor of `transfer_context`. Called exactly once, after the last possible call of
     * `transfer`, even if it was never called; not called if the submission was refused. Requires
     * `transfer`.
     */
    zfssa_drop_t transfer_drop = nullptr;

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_clone_image_args_t &c, detail::arguments &memory) const
    {
        c.name = memory.text(name);
        c.size_gib = size_gib;
        c.image_id = memory.text(image_id);
        c.image_updated_at = memory.text(image_updated_at);
        c.image_virtual_size = image_virtual_size;
        c.initiator = memory.text(initiator);
        c.extra_specs = memory.pairs(extra_specs, c.extra_specs_count);
        c.image_path = memory.text(image_path);
        c.image_format = memory.text(image_format);
        c.qemu_img = memory.text(qemu_img);
        c.transfer = transfer;
        c.transfer_context = transfer_context;
        c.transfer_drop = transfer_drop;
    }
};

/** Request for initialize_connection(). */
struct initialize_connection_request {
    /** Name of the LUN. */
    std::string volume = {};
    /** Cinder's id of the volume, returned in the connection; std::nullopt: the name. */
    std::optional<std::string> volume_id = {};
    /** IQN of the host. */
    std::string initiator = {};
    /**
     * Name of the host; std::nullopt: not known. With the option zfssa_register_hosts, the
     * initiator group that this call makes for a host in no group is called by it.
     */
    std::optional<std::string> host_name = {};
    /**
     * Refuses to attach a volume that is presented to an initiator group which the host is not in,
     * with ZFSSA_E_VOLUME_BUSY.
     */
    bool exclusive = false;

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_initialize_connection_args_t &c, detail::arguments &memory) const
    {
        if (exclusive)
            c.flags |= ZFSSA_INITIALIZE_EXCLUSIVE;
        c.volume = memory.text(volume);
        c.volume_id = memory.text(volume_id);
        c.initiator = memory.text(initiator);
        c.host_name = memory.text(host_name);
    }
};

/** Request for terminate_connection(). */
struct terminate_connection_request {
    /** Name of the LUN. */
    std::string volume = {};
    /** IQN of the host; zfssa::every: every host. */
    one_or_every initiator;
    /**
     * The initiators that still use the volume and must keep it, including `initiator` if its host
     * has another attachment of the volume. std::nullopt: a group that also has other initiators
     * keeps the volume.
     */
    std::optional<std::vector<std::string>> still_attached = {};

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_terminate_connection_args_t &c, detail::arguments &memory) const
    {
        if (still_attached)
            c.flags |= ZFSSA_TERMINATE_STILL_ATTACHED;
        c.volume = memory.text(volume);
        c.initiator = memory.text(initiator);
        if (still_attached)
            c.still_attached = memory.texts(*still_attached, c.still_attached_count);
    }
};

/** Request for create_export(). */
struct create_export_request {
    /** Name of the LUN. */
    std::string volume = {};

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_create_export_args_t &c, detail::arguments &memory) const
    {
        c.volume = memory.text(volume);
    }
};

/** Request for ensure_export(). */
struct ensure_export_request {
    /** Name of the LUN. */
    std::string volume = {};

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_ensure_export_args_t &c, detail::arguments &memory) const
    {
        c.volume = memory.text(volume);
    }
};

/** Request for remove_export(). */
struct remove_export_request {
    /** Name of the LUN. */
    std::string volume = {};

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_remove_export_args_t &c, detail::arguments &memory) const
    {
        c.volume = memory.text(volume);
    }
};

/** Request for get_manageable_volumes(). */
struct get_manageable_volumes_request {
    /**
     * Reference of the entry before the first one returned; std::nullopt: from the beginning. Fails
     * if there is no such entry.
     */
    std::optional<std::string> marker = {};
    /** Maximum number of entries; 0: no limit. */
    std::uint32_t limit = 0;
    /** Number of entries to skip, from the beginning or from the marker. */
    std::uint32_t offset = 0;
    /** Cinder's volumes on this backend. */
    std::vector<known_volume> cinder_volumes = {};
    /** Sort keys, reference or size, most important first; empty: reference. */
    std::vector<std::string> sort_keys = {};
    /** Sort directions, asc or desc, for each key; a missing one is the last one given, or asc. */
    std::vector<std::string> sort_dirs = {};

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_get_manageable_volumes_args_t &c, detail::arguments &memory) const
    {
        c.marker = memory.text(marker);
        c.limit = limit;
        c.offset = offset;
        c.cinder_volumes =
            memory.records<zfssa_known_volume_t>(cinder_volumes, c.cinder_volumes_count);
        c.sort_keys = memory.texts(sort_keys, c.sort_keys_count);
        c.sort_dirs = memory.texts(sort_dirs, c.sort_dirs_count);
    }
};

/** Request for manage_existing_get_size(). */
struct manage_existing_get_size_request {
    /** Name of the LUN, Cinder's source-name; std::nullopt: identified by GUID. */
    std::optional<std::string> source_name = {};
    /**
     * GUID of the LUN, 32 hexadecimal digits; std::nullopt: identified by name. If both are set,
     * both must match.
     */
    std::optional<std::string> source_guid = {};

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_manage_existing_get_size_args_t &c, detail::arguments &memory) const
    {
        c.source_name = memory.text(source_name);
        c.source_guid = memory.text(source_guid);
    }
};

/** Request for manage_existing(). */
struct manage_existing_request {
    /** Name of the volume, such as volume-<uuid>. */
    std::string name = {};
    /** Name of the LUN, Cinder's source-name; std::nullopt: identified by GUID. */
    std::optional<std::string> source_name = {};
    /**
     * GUID of the LUN, 32 hexadecimal digits; std::nullopt: identified by name. If both are set,
     * both must match.
     */
    std::optional<std::string> source_guid = {};
    /**
     * Extra specs of the volume type. The LUN must match every key zfssa:*; the backend's defaults
     * are not applied.
     */
    std::map<std::string, std::string> extra_specs = {};
    /** Keep the presentation of the LUN to hosts. */
    bool keep_presentation = false;

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_manage_existing_args_t &c, detail::arguments &memory) const
    {
        if (keep_presentation)
            c.flags |= ZFSSA_MANAGE_KEEP_PRESENTATION;
        c.name = memory.text(name);
        c.source_name = memory.text(source_name);
        c.source_guid = memory.text(source_guid);
        c.extra_specs = memory.pairs(extra_specs, c.extra_specs_count);
    }
};

/** Request for unmanage(). */
struct unmanage_request {
    /** Name of the volume. */
    std::string name = {};

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_unmanage_args_t &c, detail::arguments &memory) const
    {
        c.name = memory.text(name);
    }
};

/** Request for get_manageable_snapshots(). */
struct get_manageable_snapshots_request {
    /**
     * Reference of the entry before the first one returned; std::nullopt: from the beginning. Fails
     * if there is no such entry.
     */
    std::optional<std::string> marker = {};
    /** Maximum number of entries; 0: no limit. */
    std::uint32_t limit = 0;
    /** Number of entries to skip, from the beginning or from the marker. */
    std::uint32_t offset = 0;
    /** Cinder's snapshots on this backend. */
    std::vector<known_volume> cinder_snapshots = {};
    /** Sort keys, reference or size, most important first; empty: reference. */
    std::vector<std::string> sort_keys = {};
    /** Sort directions, asc or desc, for each key; a missing one is the last one given, or asc. */
    std::vector<std::string> sort_dirs = {};

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_get_manageable_snapshots_args_t &c, detail::arguments &memory) const
    {
        c.marker = memory.text(marker);
        c.limit = limit;
        c.offset = offset;
        c.cinder_snapshots =
            memory.records<zfssa_known_volume_t>(cinder_snapshots, c.cinder_snapshots_count);
        c.sort_keys = memory.texts(sort_keys, c.sort_keys_count);
        c.sort_dirs = memory.texts(sort_dirs, c.sort_dirs_count);
    }
};

/** Request for manage_existing_snapshot_get_size(). */
struct manage_existing_snapshot_get_size_request {
    /** Name of the LUN. */
    std::string volume = {};
    /** Current name of the snapshot, Cinder's source-name. */
    std::string source_name = {};

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_manage_existing_snapshot_get_size_args_t &c, detail::arguments &memory) const
    {
        c.volume = memory.text(volume);
        c.source_name = memory.text(source_name);
    }
};

/** Request for manage_existing_snapshot(). */
struct manage_existing_snapshot_request {
    /** Name of the LUN. */
    std::string volume = {};
    /** New name, such as snapshot-<uuid>. */
    std::string name = {};
    /** Current name of the snapshot, Cinder's source-name. */
    std::string source_name = {};

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_manage_existing_snapshot_args_t &c, detail::arguments &memory) const
    {
        c.volume = memory.text(volume);
        c.name = memory.text(name);
        c.source_name = memory.text(source_name);
    }
};

/** Request for unmanage_snapshot(). */
struct unmanage_snapshot_request {
    /** Name of the LUN. */
    std::string volume = {};
    /** Name of the snapshot. */
    std::string name = {};

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_unmanage_snapshot_args_t &c, detail::arguments &memory) const
    {
        c.volume = memory.text(volume);
        c.name = memory.text(name);
    }
};

/** Request for retype(). */
struct retype_request {
    /** Name of the LUN. */
    std::string name = {};
    /** Extra specs of the new volume type. */
    std::map<std::string, std::string> extra_specs = {};

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_retype_args_t &c, detail::arguments &memory) const
    {
        c.name = memory.text(name);
        c.extra_specs = memory.pairs(extra_specs, c.extra_specs_count);
    }
};

/** Request for migrate_volume(). */
struct migrate_volume_request {
    /** Name of the LUN. */
    std::string name = {};
    /**
     * location_info of the destination's capabilities, from get_volume_stats() or the former
     * driver. std::nullopt: the migration is declined.
     */
    std::optional<std::string> location_info = {};
    /** Cinder's status of the volume; std::nullopt: not checked. */
    std::optional<std::string> status = {};
    /** vendor_name of the destination's capabilities; std::nullopt: not checked. */
    std::optional<std::string> vendor_name = {};
    /** storage_protocol of the destination's capabilities; std::nullopt: not checked. */
    std::optional<std::string> storage_protocol = {};
    /**
     * User on the destination; std::nullopt: from the option zfssa_migration_destinations. Recovery
     * after a crash uses only the option.
     */
    std::optional<std::string> login = {};
    /** Password of the user; std::nullopt without a login. The library wipes its copy after use. */
    std::optional<std::string> password = {};

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_migrate_volume_args_t &c, detail::arguments &memory) const
    {
        c.name = memory.text(name);
        c.location_info = memory.text(location_info);
        c.status = memory.text(status);
        c.vendor_name = memory.text(vendor_name);
        c.storage_protocol = memory.text(storage_protocol);
        c.login = memory.text(login);
        c.password = memory.text(password);
    }
};

/** Request for update_migrated_volume(). */
struct update_migrated_volume_request {
    /** Name of the volume that was migrated. */
    std::string original_name = {};
    /** Name of the copy on this backend. */
    std::string current_name = {};
    /** Cinder's id of the copy; std::nullopt: taken from its name. */
    std::optional<std::string> current_id = {};
    /** GUID of the copy, from its provider id; std::nullopt: unknown. */
    std::optional<std::string> current_guid = {};

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_update_migrated_volume_args_t &c, detail::arguments &memory) const
    {
        c.original_name = memory.text(original_name);
        c.current_name = memory.text(current_name);
        c.current_id = memory.text(current_id);
        c.current_guid = memory.text(current_guid);
    }
};

/** Request for update_provider_info(). */
struct update_provider_info_request {
    /** Cinder's volumes on this backend. */
    std::vector<known_volume> volumes = {};
    /** Cinder's snapshots on this backend. */
    std::vector<known_snapshot> snapshots = {};

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_update_provider_info_args_t &c, detail::arguments &memory) const
    {
        c.volumes =
            memory.records<zfssa_known_volume_t>(volumes, c.volumes_count);
        c.snapshots =
            memory.records<zfssa_known_snapshot_t>(snapshots, c.snapshots_count);
    }
};

/** Request for create_group(). */
struct create_group_request {
    /** Cinder's id. */
    std::string id = {};

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_create_group_args_t &c, detail::arguments &memory) const
    {
        c.id = memory.text(id);
    }
};

/** Request for update_group(). */
struct update_group_request {
    /** Cinder's id. */
    std::string id = {};
    /** Names of the volumes to add. */
    std::vector<std::string> add_volumes = {};
    /** Names of the volumes to remove. */
    std::vector<std::string> remove_volumes = {};

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_update_group_args_t &c, detail::arguments &memory) const
    {
        c.id = memory.text(id);
        c.add_volumes = memory.texts(add_volumes, c.add_volumes_count);
        c.remove_volumes = memory.texts(remove_volumes, c.remove_volumes_count);
    }
};

/** Request for delete_group(). */
struct delete_group_request {
    /** Cinder's id. */
    std::string id = {};
    /** Names of its volumes. */
    std::vector<std::string> volumes = {};

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_delete_group_args_t &c, detail::arguments &memory) const
    {
        c.id = memory.text(id);
        c.volumes = memory.texts(volumes, c.volumes_count);
    }
};

/** Request for create_group_snapshot(). */
struct create_group_snapshot_request {
    /** Cinder's id. */
    std::string id = {};
    /** The volumes and their snapshots. */
    std::vector<group_member> members = {};

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_create_group_snapshot_args_t &c, detail::arguments &memory) const
    {
        c.id = memory.text(id);
        c.members =
            memory.records<zfssa_group_member_t>(members, c.members_count);
    }
};

/** Request for delete_group_snapshot(). */
struct delete_group_snapshot_request {
    /** Cinder's id. */
    std::string id = {};
    /** The volumes and their snapshots. */
    std::vector<group_member> members = {};

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_delete_group_snapshot_args_t &c, detail::arguments &memory) const
    {
        c.id = memory.text(id);
        c.members =
            memory.records<zfssa_group_member_t>(members, c.members_count);
    }
};

/** Request for create_group_from_src(). */
struct create_group_from_src_request {
    /** Cinder's id. */
    std::string id = {};
    /** The volumes of the new group. */
    std::vector<group_clone> volumes = {};

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_create_group_from_src_args_t &c, detail::arguments &memory) const
    {
        c.id = memory.text(id);
        c.volumes =
            memory.records<zfssa_group_clone_t>(volumes, c.volumes_count);
    }
};

/** Request for recover(). */
struct recover_request {
    /**
     * Ids of operations whose processes died before their results were received and whose journals
     * may be lost: the objects that they created are searched for and deleted.
     */
    std::vector<std::string> operations = {};

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_recover_args_t &c, detail::arguments &memory) const
    {
        c.operations = memory.texts(operations, c.operations_count);
    }
};

/** Request for audit(). */
struct audit_request {
    /**
     * Names of the volumes that the host's own database has on this backend; pass all of them. The
     * audit reports a volume that is not in the list with the kind volume, and a name in the list
     * that the appliance does not have with the kind missing_volume. With an empty list it reports
     * every volume.
     */
    std::vector<std::string> volumes = {};
    /**
     * Names of the snapshots that the host's own database has on this backend, without the names of
     * their volumes; pass all of them. The kinds are snapshot and missing_snapshot. With an empty
     * list the audit reports every snapshot made for Cinder.
     */
    std::vector<std::string> snapshots = {};
    /** Minimum age, in seconds; younger objects are skipped. 0: one hour. */
    std::uint64_t min_age_s = 0;
    /** `next_marker` of the page before; std::nullopt: from the beginning. */
    std::optional<std::string> marker = {};
    /** Maximum number of findings; 0: no limit. The audit itself is always complete. */
    std::uint32_t limit = 0;
    /**
     * Delete temporary snapshots and cached images without dependents, roll back abandoned
     * migrations, and recover journals.
     */
    bool fix = false;
    /**
     * Also delete volumes that are not in the list `volumes`. Refused with an empty list. A volume
     * is deleted only if at least `min_age_s` passed since it was created, managed, renamed or
     * migrated here. A volume of unknown age, such as one of the former driver, is reported and
     * never deleted.
     */
    bool fix_volumes = false;
    /** Ignore `min_age_s`. */
    bool any_age = false;

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_audit_args_t &c, detail::arguments &memory) const
    {
        if (fix)
            c.flags |= ZFSSA_AUDIT_FIX;
        if (fix_volumes)
            c.flags |= ZFSSA_AUDIT_FIX_VOLUMES;
        if (any_age)
            c.flags |= ZFSSA_AUDIT_ANY_AGE;
        c.volumes = memory.texts(volumes, c.volumes_count);
        c.snapshots = memory.texts(snapshots, c.snapshots_count);
        c.min_age_s = min_age_s;
        c.marker = memory.text(marker);
        c.limit = limit;
    }
};

/** Request for create_api_token(). */
struct create_api_token_request {
    /**
     * Name of the token, 1 to 48 characters: letters, digits, _ and -. The library adds "-" and
     * eight hexadecimal digits. Use another name for each token file: a call revokes the other
     * tokens of its name.
     */
    std::string name = {};
    /**
     * How long the token is valid, 60 to 315360000 seconds. The limit of the appliance is not
     * documented.
     */
    std::uint64_t lifetime_s = 0;
    /**
     * Absolute path of the file for the token; std::nullopt: that of the option zfssa_token_file.
     */
    std::optional<std::string> token_file = {};
    /**
     * Password of the user san_login; std::nullopt: the option san_password. The appliance makes a
     * token for a user name and password only, so a backend with zfssa_token_file must give it. The
     * library wipes its copy after use.
     */
    std::optional<std::string> password = {};
    /**
     * Keep the former tokens of the name valid until they expire, or until the next call without
     * this flag.
     */
    bool keep_former = false;

    /** Fills the C structure. `memory` owns its strings and arrays. */
    void fill(zfssa_create_api_token_args_t &c, detail::arguments &memory) const
    {
        if (keep_former)
            c.flags |= ZFSSA_TOKEN_KEEP_FORMER;
        c.name = memory.text(name);
        c.lifetime_s = lifetime_s;
        c.token_file = memory.text(token_file);
        c.password = memory.text(password);
    }
};

namespace detail {

/** Base of zfssa::driver: a method for each operation, which submits it and does not block. */
template <typename Driver> class operations {
public:

    /**
     * Waits, then returns its message. Does not access the appliance; for tests of hosts and
     * bindings.
     */
    future<echo_reply_view> echo(const echo_request &request,
                                 const call_options &options)
    {
        return run<echo_reply_view>(zfssa_echo, request, options);
    }
    future<echo_reply_view> echo(const echo_request &request)
    {
        return echo(request, call_options());
    }
    future<echo_reply_view> echo()
    {
        return echo(echo_request(), call_options());
    }

    /**
     * Fetches the certificate of the appliance without trusting it and without a login, so that an
     * operator can compare and pin it.
     */
    future<certificate_view> get_certificate(const get_certificate_request &request,
                                             const call_options &options)
    {
        return run<certificate_view>(zfssa_get_certificate, request, options);
    }
    future<certificate_view> get_certificate(const get_certificate_request &request)
    {
        return get_certificate(request, call_options());
    }
    future<certificate_view> get_certificate()
    {
        return get_certificate(get_certificate_request(), call_options());
    }

    /**
     * Checks everything that operations need. The message of ZFSSA_E_SETUP_INCOMPLETE lists every
     * finding, and so does that of any other error as far as the check came.
     *
     * A portal that this host cannot reach within 3 seconds, and an interface on which the target
     * does not listen, are only warnings: other hosts may reach the target.
     */
    future<check_report_view> check_for_setup_error(const check_for_setup_error_request &request,
                                                    const call_options &options)
    {
        return run<check_report_view>(zfssa_check_for_setup_error, request, options);
    }
    future<check_report_view> check_for_setup_error(const check_for_setup_error_request &request)
    {
        return check_for_setup_error(request, call_options());
    }
    future<check_report_view> check_for_setup_error()
    {
        return check_for_setup_error(check_for_setup_error_request(), call_options());
    }

    /**
     * Creates the missing objects of the backend: projects, custom properties, initiators,
     * initiator groups, the target and its group. Existing objects are extended, never replaced.
     *
     * A failure is not rolled back: the error names the objects created or changed so far
     * (ZFSSA_OUTCOME_PARTIAL, or ZFSSA_OUTCOME_UNKNOWN if a change is in doubt), and a repeated
     * call continues from there. CHAP secrets cannot be read back, so each call sets them.
     */
    future<setup_report_view> do_setup(const do_setup_request &request,
                                       const call_options &options)
    {
        return run<setup_report_view>(zfssa_do_setup, request, options);
    }
    future<setup_report_view> do_setup(const do_setup_request &request)
    {
        return do_setup(request, call_options());
    }
    future<setup_report_view> do_setup()
    {
        return do_setup(do_setup_request(), call_options());
    }

    /** Returns the capacity and the capabilities of the backend. */
    future<volume_stats_view> get_volume_stats(const get_volume_stats_request &request,
                                               const call_options &options)
    {
        return run<volume_stats_view>(zfssa_get_volume_stats, request, options);
    }
    future<volume_stats_view> get_volume_stats(const get_volume_stats_request &request)
    {
        return get_volume_stats(request, call_options());
    }
    future<volume_stats_view> get_volume_stats()
    {
        return get_volume_stats(get_volume_stats_request(), call_options());
    }

    /**
     * Creates a volume: a LUN that is presented to no host.
     *
     * May be repeated: an existing volume of this name, size and type is returned with `created`
     * false. An existing volume that differs fails with ZFSSA_E_VOLUME_EXISTS.
     */
    future<volume_view> create_volume(const create_volume_request &request,
                                      const call_options &options)
    {
        return run<volume_view>(zfssa_create_volume, request, options);
    }
    future<volume_view> create_volume(const create_volume_request &request)
    {
        return create_volume(request, call_options());
    }

    /**
     * Deletes a volume. Succeeds if the volume does not exist. A volume with snapshots or clones is
     * not changed and fails with ZFSSA_E_VOLUME_BUSY: deletion never cascades. Snapshots that the
     * appliance took for a schedule or for replication are deleted with the volume, and so is the
     * temporary snapshot from which a clone was created; if a deletion was interrupted between the
     * two and journals are not kept, repeat the call.
     *
     * With the extra spec zfssa:delete_with_clones of its type set to defer, or without that spec
     * the option zfssa_delete_with_clones, a volume with clones and without snapshots of the host
     * is deleted for the host at once: it is in no list and presented to no host, and its name is
     * free. On the appliance it has a reserved name and is deleted with its last clone, by the call
     * that deletes that one. A failure there does not fail that call: audit() finds the volume. If
     * a call for the last clone was interrupted and journals are not kept, repeat it; that deletes
     * every deferred object that no clone needs. A volume that migrates fails with
     * ZFSSA_E_VOLUME_BUSY.
     */
    future<delete_report_view> delete_volume(const delete_volume_request &request,
                                             const call_options &options)
    {
        return run<delete_report_view>(zfssa_delete_volume, request, options);
    }
    future<delete_report_view> delete_volume(const delete_volume_request &request)
    {
        return delete_volume(request, call_options());
    }

    /** Extends a volume. A volume of this size or larger is not changed: volumes never shrink. */
    future<volume_view> extend_volume(const extend_volume_request &request,
                                      const call_options &options)
    {
        return run<volume_view>(zfssa_extend_volume, request, options);
    }
    future<volume_view> extend_volume(const extend_volume_request &request)
    {
        return extend_volume(request, call_options());
    }

    /** Returns one volume. */
    future<volume_view> get_volume(const get_volume_request &request,
                                   const call_options &options)
    {
        return run<volume_view>(zfssa_get_volume, request, options);
    }
    future<volume_view> get_volume(const get_volume_request &request)
    {
        return get_volume(request, call_options());
    }

    /**
     * Lists the volumes of the backend's project, ordered by name.
     *
     * With `limit`, the list comes in pages. The appliance has no pages: the first call reads its
     * list, and a page that is requested within 60 s after the one before comes from there. A later
     * one is read again and begins after the marker.
     */
    future<volumes_view> list_volumes(const list_volumes_request &request,
                                      const call_options &options)
    {
        return run<volumes_view>(zfssa_list_volumes, request, options);
    }
    future<volumes_view> list_volumes(const list_volumes_request &request)
    {
        return list_volumes(request, call_options());
    }
    future<volumes_view> list_volumes()
    {
        return list_volumes(list_volumes_request(), call_options());
    }

    /**
     * Creates a snapshot of a volume.
     *
     * May be repeated: an existing snapshot of this name is returned with `created` false.
     */
    future<snapshot_view> create_snapshot(const create_snapshot_request &request,
                                          const call_options &options)
    {
        return run<snapshot_view>(zfssa_create_snapshot, request, options);
    }
    future<snapshot_view> create_snapshot(const create_snapshot_request &request)
    {
        return create_snapshot(request, call_options());
    }

    /**
     * Deletes a snapshot. Succeeds if the snapshot does not exist. A snapshot with clones is not
     * changed and fails with ZFSSA_E_SNAPSHOT_BUSY.
     *
     * With the extra spec zfssa:delete_with_clones of its volume's type set to defer, or without
     * that spec the option zfssa_delete_with_clones, a snapshot with clones is deleted for the host
     * at once: it is in no list, its name is free, and its volume may be deleted. On the appliance
     * it has a reserved name and is deleted with its last clone, by the call that deletes that one.
     */
    future<delete_report_view> delete_snapshot(const delete_snapshot_request &request,
                                               const call_options &options)
    {
        return run<delete_report_view>(zfssa_delete_snapshot, request, options);
    }
    future<delete_report_view> delete_snapshot(const delete_snapshot_request &request)
    {
        return delete_snapshot(request, call_options());
    }

    /** Lists the snapshots of one volume, or of all volumes in one request. */
    future<snapshots_view> list_snapshots(const list_snapshots_request &request,
                                          const call_options &options)
    {
        return run<snapshots_view>(zfssa_list_snapshots, request, options);
    }
    future<snapshots_view> list_snapshots(const list_snapshots_request &request)
    {
        return list_snapshots(request, call_options());
    }

    /**
     * Reverts a volume to a snapshot, and keeps its size. Data written since the snapshot is lost.
     * Newer snapshots, or clones of them, prevent it: the call fails with ZFSSA_E_REVERT_BLOCKED,
     * which names them, and changes nothing. A snapshot of the same second counts as newer. A
     * volume that is presented to a host fails with ZFSSA_E_VOLUME_BUSY.
     */
    future<volume_view> revert_to_snapshot(const revert_to_snapshot_request &request,
                                           const call_options &options)
    {
        return run<volume_view>(zfssa_revert_to_snapshot, request, options);
    }
    future<volume_view> revert_to_snapshot(const revert_to_snapshot_request &request)
    {
        return revert_to_snapshot(request, call_options());
    }

    /** Creates a volume from a snapshot, and extends it if its size is larger. */
    future<volume_view> create_volume_from_snapshot(
        const create_volume_from_snapshot_request &request,
        const call_options &options)
    {
        return run<volume_view>(zfssa_create_volume_from_snapshot, request, options);
    }
    future<volume_view> create_volume_from_snapshot(
        const create_volume_from_snapshot_request &request)
    {
        return create_volume_from_snapshot(request, call_options());
    }

    /**
     * Creates a volume from another volume through a temporary snapshot, which is deleted with the
     * new volume.
     */
    future<volume_view> create_cloned_volume(const create_cloned_volume_request &request,
                                             const call_options &options)
    {
        return run<volume_view>(zfssa_create_cloned_volume, request, options);
    }
    future<volume_view> create_cloned_volume(const create_cloned_volume_request &request)
    {
        return create_cloned_volume(request, call_options());
    }

    /**
     * Creates a volume from an image through the image cache. The first volume of an image needs
     * the image to be written; further volumes are clones. It is no failure if the cache declines.
     *
     * A transfer that fails, is cancelled or times out leaves no cache entry. The operation waits
     * for the transfer until its deadline, so choose a timeout that suits the image.
     */
    future<cloned_image_view> clone_image(const clone_image_request &request,
                                          const call_options &options)
    {
        return run<cloned_image_view>(zfssa_clone_image, request, options);
    }
    future<cloned_image_view> clone_image(const clone_image_request &request)
    {
        return clone_image(request, call_options());
    }

    /**
     * Presents a volume to the host of an initiator. Hosts that have it already keep it. With the
     * option zfssa_register_hosts, a host that is in no initiator group gets one of its own first.
     */
    future<connection_view> initialize_connection(const initialize_connection_request &request,
                                                  const call_options &options)
    {
        return run<connection_view>(zfssa_initialize_connection, request, options);
    }
    future<connection_view> initialize_connection(const initialize_connection_request &request)
    {
        return initialize_connection(request, call_options());
    }

    /**
     * Removes the presentation of a volume to one host, or to all. Other hosts keep it. With the
     * option zfssa_unregister_hosts, a registered host that loses its last volume loses its
     * initiator and its initiator group; a failure of that is logged, and no error of this call.
     */
    future<detach_report_view> terminate_connection(const terminate_connection_request &request,
                                                    const call_options &options)
    {
        return run<detach_report_view>(zfssa_terminate_connection, request, options);
    }
    future<detach_report_view> terminate_connection(const terminate_connection_request &request)
    {
        return terminate_connection(request, call_options());
    }

    /** Prepares a volume for attachment. The appliance needs no preparation: no request is sent. */
    future<nothing> create_export(const create_export_request &request,
                                  const call_options &options)
    {
        return run<nothing>(zfssa_create_export, request, options);
    }
    future<nothing> create_export(const create_export_request &request)
    {
        return create_export(request, call_options());
    }

    /**
     * Restores the export of a volume in use, which Cinder asks for at its start. No request is
     * sent.
     */
    future<nothing> ensure_export(const ensure_export_request &request,
                                  const call_options &options)
    {
        return run<nothing>(zfssa_ensure_export, request, options);
    }
    future<nothing> ensure_export(const ensure_export_request &request)
    {
        return ensure_export(request, call_options());
    }

    /** Reverses create_export(). No request is sent. */
    future<nothing> remove_export(const remove_export_request &request,
                                  const call_options &options)
    {
        return run<nothing>(zfssa_remove_export, request, options);
    }
    future<nothing> remove_export(const remove_export_request &request)
    {
        return remove_export(request, call_options());
    }

    /** Lists the LUNs of the backend's project, and whether each may be managed. */
    future<manageable_list_view> get_manageable_volumes(
        const get_manageable_volumes_request &request,
        const call_options &options)
    {
        return run<manageable_list_view>(zfssa_get_manageable_volumes, request, options);
    }
    future<manageable_list_view> get_manageable_volumes(
        const get_manageable_volumes_request &request)
    {
        return get_manageable_volumes(request, call_options());
    }
    future<manageable_list_view> get_manageable_volumes()
    {
        return get_manageable_volumes(get_manageable_volumes_request(), call_options());
    }

    /** Returns the size of an existing LUN. Cinder calls it before manage_existing(). */
    future<existing_size_view> manage_existing_get_size(
        const manage_existing_get_size_request &request,
        const call_options &options)
    {
        return run<existing_size_view>(zfssa_manage_existing_get_size, request, options);
    }
    future<existing_size_view> manage_existing_get_size(
        const manage_existing_get_size_request &request)
    {
        return manage_existing_get_size(request, call_options());
    }
    future<existing_size_view> manage_existing_get_size()
    {
        return manage_existing_get_size(manage_existing_get_size_request(), call_options());
    }

    /**
     * Takes an existing LUN under management: one change renames it, sets the property
     * cinder_managed and removes its presentation to hosts. Refuses a LUN that is managed already,
     * that the option zfssa_manage_policy does not allow, or that does not match the volume type.
     * The report names its snapshots, which prevent the volume from being deleted.
     *
     * May be repeated: a managed LUN of this name is returned with `changed` false.
     */
    future<manage_report_view> manage_existing(const manage_existing_request &request,
                                               const call_options &options)
    {
        return run<manage_report_view>(zfssa_manage_existing, request, options);
    }
    future<manage_report_view> manage_existing(const manage_existing_request &request)
    {
        return manage_existing(request, call_options());
    }

    /**
     * Releases a volume from management: its LUN is renamed to unmanaged-<name> and can be managed
     * again.
     */
    future<unmanage_report_view> unmanage(const unmanage_request &request,
                                          const call_options &options)
    {
        return run<unmanage_report_view>(zfssa_unmanage, request, options);
    }
    future<unmanage_report_view> unmanage(const unmanage_request &request)
    {
        return unmanage(request, call_options());
    }

    /**
     * Lists the snapshots in the backend's project, and whether each may be managed. Because
     * snapshots of two volumes may have one name, the marker may also be <volume>@<snapshot>.
     */
    future<manageable_list_view> get_manageable_snapshots(
        const get_manageable_snapshots_request &request,
        const call_options &options)
    {
        return run<manageable_list_view>(zfssa_get_manageable_snapshots, request, options);
    }
    future<manageable_list_view> get_manageable_snapshots(
        const get_manageable_snapshots_request &request)
    {
        return get_manageable_snapshots(request, call_options());
    }
    future<manageable_list_view> get_manageable_snapshots()
    {
        return get_manageable_snapshots(get_manageable_snapshots_request(), call_options());
    }

    /**
     * Returns the size of a volume created from an existing snapshot: the current size of the
     * snapshot's volume.
     */
    future<existing_size_view> manage_existing_snapshot_get_size(
        const manage_existing_snapshot_get_size_request &request,
        const call_options &options)
    {
        return run<existing_size_view>(zfssa_manage_existing_snapshot_get_size, request, options);
    }
    future<existing_size_view> manage_existing_snapshot_get_size(
        const manage_existing_snapshot_get_size_request &request)
    {
        return manage_existing_snapshot_get_size(request, call_options());
    }

    /**
     * Takes a snapshot of a volume under management: renames it to the name that Cinder uses.
     * Refuses a snapshot whose name belongs to Cinder or to a clone already.
     *
     * May be repeated: if only the new name exists, `changed` is false.
     */
    future<managed_snapshot_view> manage_existing_snapshot(
        const manage_existing_snapshot_request &request,
        const call_options &options)
    {
        return run<managed_snapshot_view>(zfssa_manage_existing_snapshot, request, options);
    }
    future<managed_snapshot_view> manage_existing_snapshot(
        const manage_existing_snapshot_request &request)
    {
        return manage_existing_snapshot(request, call_options());
    }

    /**
     * Releases a snapshot from management: it is renamed to unmanaged-<name> and can be managed
     * again.
     */
    future<unmanage_report_view> unmanage_snapshot(const unmanage_snapshot_request &request,
                                                   const call_options &options)
    {
        return run<unmanage_report_view>(zfssa_unmanage_snapshot, request, options);
    }
    future<unmanage_report_view> unmanage_snapshot(const unmanage_snapshot_request &request)
    {
        return unmanage_snapshot(request, call_options());
    }

    /**
     * Changes a volume to match a volume type, as far as that is possible in place: all properties
     * but block size and encryption. Compression, deduplication and copies apply to data written
     * from then on. A type with another block size or encryption: `in_place` is false, and nothing
     * was changed.
     *
     * Properties of zfssa_volume_t::properties that neither the type nor the backend sets are
     * inherited from the project again, and limits end; the write cache stays as it is.
     */
    future<retype_report_view> retype(const retype_request &request,
                                      const call_options &options)
    {
        return run<retype_report_view>(zfssa_retype, request, options);
    }
    future<retype_report_view> retype(const retype_request &request)
    {
        return retype(request, call_options());
    }

    /**
     * Migrates a volume to another appliance by replication; it keeps its name there. Declines if
     * that is impossible, which is a result and not an error: copy the data then. After an error
     * the volume is at its source, unless the outcome says otherwise. Choose a timeout that suits
     * the amount of data.
     */
    future<migration_view> migrate_volume(const migrate_volume_request &request,
                                          const call_options &options)
    {
        return run<migration_view>(zfssa_migrate_volume, request, options);
    }
    future<migration_view> migrate_volume(const migrate_volume_request &request)
    {
        return migrate_volume(request, call_options());
    }

    /**
     * Renames a volume that was migrated to this backend to the name of the volume that it
     * replaces. If that name is taken, the volume keeps its name, and `name_id` is set. May be
     * repeated if the GUID is set.
     */
    future<migrated_volume_view> update_migrated_volume(
        const update_migrated_volume_request &request,
        const call_options &options)
    {
        return run<migrated_volume_view>(zfssa_update_migrated_volume, request, options);
    }
    future<migrated_volume_view> update_migrated_volume(
        const update_migrated_volume_request &request)
    {
        return update_migrated_volume(request, call_options());
    }

    /** Returns which of Cinder's volumes and snapshots exist, and their ids on the appliance. */
    future<provider_info_view> update_provider_info(const update_provider_info_request &request,
                                                    const call_options &options)
    {
        return run<provider_info_view>(zfssa_update_provider_info, request, options);
    }
    future<provider_info_view> update_provider_info(const update_provider_info_request &request)
    {
        return update_provider_info(request, call_options());
    }
    future<provider_info_view> update_provider_info()
    {
        return update_provider_info(update_provider_info_request(), call_options());
    }

    /** Creates a group. The appliance has no groups of volumes: no request is sent. */
    future<nothing> create_group(const create_group_request &request,
                                 const call_options &options)
    {
        return run<nothing>(zfssa_create_group, request, options);
    }
    future<nothing> create_group(const create_group_request &request)
    {
        return create_group(request, call_options());
    }

    /**
     * Adds volumes to a group and removes volumes from it. Changes nothing on the appliance; added
     * volumes must exist.
     */
    future<nothing> update_group(const update_group_request &request,
                                 const call_options &options)
    {
        return run<nothing>(zfssa_update_group, request, options);
    }
    future<nothing> update_group(const update_group_request &request)
    {
        return update_group(request, call_options());
    }

    /**
     * Deletes the volumes of a group, clones first, and reports on each. The deletion of a volume
     * is deferred, by the policy of delete_volume(), only if volumes outside the group are clones
     * of it.
     */
    future<group_delete_report_view> delete_group(const delete_group_request &request,
                                                  const call_options &options)
    {
        return run<group_delete_report_view>(zfssa_delete_group, request, options);
    }
    future<group_delete_report_view> delete_group(const delete_group_request &request)
    {
        return delete_group(request, call_options());
    }

    /**
     * Creates snapshots of all volumes of a group at one instant: all of them or none. May be
     * repeated with the same id.
     */
    future<snapshots_view> create_group_snapshot(const create_group_snapshot_request &request,
                                                 const call_options &options)
    {
        return run<snapshots_view>(zfssa_create_group_snapshot, request, options);
    }
    future<snapshots_view> create_group_snapshot(const create_group_snapshot_request &request)
    {
        return create_group_snapshot(request, call_options());
    }

    /**
     * Deletes the snapshots of a group, and reports on each. Also deletes the temporary snapshot of
     * the project that an interrupted create_group_snapshot() with this id left; no member needs to
     * exist for that.
     */
    future<group_delete_report_view> delete_group_snapshot(
        const delete_group_snapshot_request &request,
        const call_options &options)
    {
        return run<group_delete_report_view>(zfssa_delete_group_snapshot, request, options);
    }
    future<group_delete_report_view> delete_group_snapshot(
        const delete_group_snapshot_request &request)
    {
        return delete_group_snapshot(request, call_options());
    }

    /**
     * Creates the volumes of a group from the snapshots of another, or from its volumes at one
     * instant: all of them or none.
     */
    future<volumes_view> create_group_from_src(const create_group_from_src_request &request,
                                               const call_options &options)
    {
        return run<volumes_view>(zfssa_create_group_from_src, request, options);
    }
    future<volumes_view> create_group_from_src(const create_group_from_src_request &request)
    {
        return create_group_from_src(request, call_options());
    }

    /**
     * Completes or rolls back the interrupted operations of dead processes, as do_setup() does. May
     * be called at any time and repeated.
     */
    future<recover_report_view> recover(const recover_request &request,
                                        const call_options &options)
    {
        return run<recover_report_view>(zfssa_recover, request, options);
    }
    future<recover_report_view> recover(const recover_request &request)
    {
        return recover(request, call_options());
    }
    future<recover_report_view> recover()
    {
        return recover(recover_request(), call_options());
    }

    /**
     * Finds objects without an owner: volumes, snapshots, cached images, remains of migrations,
     * journals. Changes nothing without `fix` or `fix_volumes`. With them, only objects that carry
     * the engine's marker and have no dependents are deleted.
     */
    future<audit_report_view> audit(const audit_request &request,
                                    const call_options &options)
    {
        return run<audit_report_view>(zfssa_audit, request, options);
    }
    future<audit_report_view> audit(const audit_request &request)
    {
        return audit(request, call_options());
    }
    future<audit_report_view> audit()
    {
        return audit(audit_request(), call_options());
    }

    /**
     * Creates a persistent API token of the user san_login, writes it into a file for the option
     * zfssa_token_file, and revokes the former tokens of the same name. Needs REST API v2 (OS8.8).
     *
     * The token is first written to a file next to the token file (with ".new" at its end) and
     * proven to work. Then it replaces the token file at once, with mode 0600, or with owner and
     * group of the former file. A reader, or a crash, sees the former token or the new one.
     *
     * Up to that point a failure revokes the new token (ZFSSA_OUTCOME_ROLLED_BACK), and the former
     * ones stay valid. ZFSSA_OUTCOME_PARTIAL: the token file was replaced, and the error names the
     * tokens that may still be valid. ZFSSA_E_AGAIN: another call is replacing the same file. After
     * a lost answer the library asks for another token; one that was made without an answer has no
     * holder, and this or the next call revokes it.
     */
    future<api_token_view> create_api_token(const create_api_token_request &request,
                                            const call_options &options)
    {
        return run<api_token_view>(zfssa_create_api_token, request, options);
    }
    future<api_token_view> create_api_token(const create_api_token_request &request)
    {
        return create_api_token(request, call_options());
    }

protected:
    operations() = default;

private:
    template <typename View, typename Arguments, typename Request>
    future<View> run(zfssa_status_t (*function)(zfssa_driver_t *, const Arguments *,
                                                const zfssa_call_t *, zfssa_ticket_t *,
                                                zfssa_error_t **),
                     const Request &request, const call_options &options)
    {
        arguments memory;
        Arguments filled = cleared<Arguments>();
        request.fill(filled, memory);
        return static_cast<Driver *>(this)->template submit<View>(function, filled,
                                                                  options);
    }
};

} // namespace detail

} // namespace zfssa

#endif
