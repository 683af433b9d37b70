/* Every operation: what it takes, what it gives, its method. Part of zfssa.hpp.
 *
 * Made from docs/abi/zfssa.json by bindings/cpp/generate.py; not to be edited. */
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

// What operations give.

/** What was echoed. */
class echoed_view {
public:
    explicit echoed_view(const zfssa_echoed_t *raw) : raw_(raw) {}
    static echoed_view of(const zfssa_result_t *result)
    {
        return echoed_view(zfssa_result_echo(result));
    }

    /** The message. */
    std::string_view message() const { return detail::shown(raw_->message); }

    /** The structure of zfssa.h. */
    const zfssa_echoed_t *raw() const noexcept { return raw_; }

private:
    const zfssa_echoed_t *raw_;
};

/** The certificate that the appliance showed. */
class certificate_view {
public:
    explicit certificate_view(const zfssa_certificate_t *raw) : raw_(raw) {}
    static certificate_view of(const zfssa_result_t *result)
    {
        return certificate_view(zfssa_result_certificate(result));
    }

    /**
     * SHA-256 of the certificate, pairs of upper-case hexadecimal digits with colons: the form that
     * the option zfssa_tls_pins takes and "openssl x509 -fingerprint -sha256" prints.
     */
    std::string_view sha256() const { return detail::shown(raw_->sha256); }

    /** The certificate in PEM. */
    std::string_view pem() const { return detail::shown(raw_->pem); }

    /** The structure of zfssa.h. */
    const zfssa_certificate_t *raw() const noexcept { return raw_; }

private:
    const zfssa_certificate_t *raw_;
};

/** What a check found that does not stop the backend. */
class check_report_view {
public:
    explicit check_report_view(const zfssa_check_report_t *raw) : raw_(raw) {}
    static check_report_view of(const zfssa_result_t *result)
    {
        return check_report_view(zfssa_result_check_report(result));
    }

    /** One sentence each. */
    strings warnings() const { return strings(raw_->warnings, raw_->warnings_count); }

    /** The structure of zfssa.h. */
    const zfssa_check_report_t *raw() const noexcept { return raw_; }

private:
    const zfssa_check_report_t *raw_;
};

/** What the setup found and did. */
class setup_report_view {
public:
    explicit setup_report_view(const zfssa_setup_report_t *raw) : raw_(raw) {}
    static setup_report_view of(const zfssa_result_t *result)
    {
        return setup_report_view(zfssa_result_setup_report(result));
    }

    /** The node name of the appliance. */
    std::string_view appliance() const { return detail::shown(raw_->appliance); }

    /** The version of its software. */
    std::string_view software_version() const { return detail::shown(raw_->software_version); }

    /** The iSCSI name of the target that presents the volumes. */
    std::string_view target_iqn() const { return detail::shown(raw_->target_iqn); }

    /** The portals, address:port. */
    strings target_portals() const
    {
        return strings(raw_->target_portals, raw_->target_portals_count);
    }

    /** What was made or changed, one sentence each; none when all was ready. */
    strings changes() const { return strings(raw_->changes, raw_->changes_count); }

    /** What works and should be looked at, one sentence each. */
    strings warnings() const { return strings(raw_->warnings, raw_->warnings_count); }

    /** The structure of zfssa.h. */
    const zfssa_setup_report_t *raw() const noexcept { return raw_; }

private:
    const zfssa_setup_report_t *raw_;
};

/** What Cinder's get_volume_stats reports. */
class volume_stats_view {
public:
    explicit volume_stats_view(const zfssa_volume_stats_t *raw) : raw_(raw) {}
    static volume_stats_view of(const zfssa_result_t *result)
    {
        return volume_stats_view(zfssa_result_volume_stats(result));
    }

    /** Percent kept back. */
    std::uint32_t reserved_percentage() const { return raw_->reserved_percentage; }

    /** 1 when new volumes are thin, else 0. */
    bool thin_provisioning_support() const { return raw_->thin_provisioning_support != 0; }

    /** 1 when new volumes are thick, else 0. */
    bool thick_provisioning_support() const { return raw_->thick_provisioning_support != 0; }

    /** Always 1: hosts are presented side by side. */
    bool multiattach() const { return raw_->multiattach != 0; }

    /** 1 when an attached volume may be extended, else 0. */
    bool online_extend_support() const { return raw_->online_extend_support != 0; }

    /** Always 0. Cinder's key is QoS_support. */
    bool qos_support() const { return raw_->qos_support != 0; }

    /** Always 0: a clone is made in the pool of its source. */
    bool clone_across_pools() const { return raw_->clone_across_pools != 0; }

    /** How many volumes there are. */
    std::uint64_t total_volumes() const { return raw_->total_volumes; }

    /** What the project could hold, free and used, in bytes. */
    std::uint64_t total_capacity_bytes() const { return raw_->total_capacity_bytes; }

    /** What the project has left, in bytes. */
    std::uint64_t free_capacity_bytes() const { return raw_->free_capacity_bytes; }

    /** The sum of the volumes' sizes, in bytes. */
    std::uint64_t provisioned_capacity_bytes() const { return raw_->provisioned_capacity_bytes; }

    /** `total_capacity_bytes` in GiB. */
    double total_capacity_gb() const { return raw_->total_capacity_gb; }

    /** `free_capacity_bytes` in GiB. */
    double free_capacity_gb() const { return raw_->free_capacity_gb; }

    /** `provisioned_capacity_bytes` in GiB. */
    double provisioned_capacity_gb() const { return raw_->provisioned_capacity_gb; }

    /** The same figure, which is what this backend allocated. */
    double allocated_capacity_gb() const { return raw_->allocated_capacity_gb; }

    /** The option volume_backend_name. */
    std::string_view volume_backend_name() const
    {
        return detail::shown(raw_->volume_backend_name);
    }

    /** Always Oracle. */
    std::string_view vendor_name() const { return detail::shown(raw_->vendor_name); }

    /** The version of this library. */
    std::string_view driver_version() const { return detail::shown(raw_->driver_version); }

    /** Always iSCSI. */
    std::string_view storage_protocol() const { return detail::shown(raw_->storage_protocol); }

    /** The pool that the scheduler sees. */
    std::string_view pool_name() const { return detail::shown(raw_->pool_name); }

    /** The option of this name: a number, or auto. */
    std::string_view max_over_subscription_ratio() const
    {
        return detail::shown(raw_->max_over_subscription_ratio);
    }

    /**
     * Always up: when the pool is not served here, the operation fails with ZFSSA_E_POOL_NOT_OWNED,
     * and a host that reports to a scheduler says down.
     */
    std::string_view backend_state() const { return detail::shown(raw_->backend_state); }

    /** Six fields for the migration between backends; that of the credentials is empty. */
    std::string_view location_info() const { return detail::shown(raw_->location_info); }

    /** The profile of the pool, such as mirror. */
    std::string_view zfssa_poolprofile() const { return detail::shown(raw_->zfssa_poolprofile); }

    /** The default block size, in the words of the option. */
    std::string_view zfssa_volblocksize() const { return detail::shown(raw_->zfssa_volblocksize); }

    /** The default provisioning: True for thin. */
    std::string_view zfssa_sparse() const { return detail::shown(raw_->zfssa_sparse); }

    /** The default compression. */
    std::string_view zfssa_compression() const { return detail::shown(raw_->zfssa_compression); }

    /** The default synchronous write bias. */
    std::string_view zfssa_logbias() const { return detail::shown(raw_->zfssa_logbias); }

    /** The structure of zfssa.h. */
    const zfssa_volume_stats_t *raw() const noexcept { return raw_; }

private:
    const zfssa_volume_stats_t *raw_;
};

/** Where a clone came from. */
class origin_view {
public:
    explicit origin_view(const zfssa_origin_t *raw) : raw_(raw) {}

    /** The project of the source. */
    std::string_view project() const { return detail::shown(raw_->project); }

    /** The source volume. */
    std::string_view volume() const { return detail::shown(raw_->volume); }

    /** The snapshot of the source. */
    std::string_view snapshot() const { return detail::shown(raw_->snapshot); }

    /** The structure of zfssa.h. */
    const zfssa_origin_t *raw() const noexcept { return raw_; }

private:
    const zfssa_origin_t *raw_;
};

/** A volume as the appliance shows it. */
class volume_view {
public:
    explicit volume_view(const zfssa_volume_t *raw) : raw_(raw) {}
    static volume_view of(const zfssa_result_t *result)
    {
        return volume_view(zfssa_result_volume(result));
    }

    /** Bytes in a block. */
    std::uint32_t block_size_bytes() const { return raw_->block_size_bytes; }

    /** 1 when it is thin provisioned, else 0. */
    bool sparse() const { return raw_->sparse != 0; }

    /** The property cinder_managed: 1 or 0; -1 when it is not set. */
    std::optional<bool> managed() const
    {
        return raw_->managed < 0 ? std::nullopt : std::optional<bool>(raw_->managed != 0);
    }

    /** 1 when this very call made it; 0 when an earlier one did, and for look-ups. */
    bool created() const { return raw_->created != 0; }

    /** Size in bytes. */
    std::uint64_t size_bytes() const { return raw_->size_bytes; }

    /** Bytes of data that the volume holds now, snapshots excluded. */
    std::uint64_t used_bytes() const { return raw_->used_bytes; }

    /** The LUN's name. */
    std::string_view name() const { return detail::shown(raw_->name); }

    /** The pool it is in. */
    std::string_view pool() const { return detail::shown(raw_->pool); }

    /** The project it is in. */
    std::string_view project() const { return detail::shown(raw_->project); }

    /** The LUN's globally unique id, 32 hexadecimal digits. */
    std::string_view guid() const { return detail::shown(raw_->guid); }

    /** Compression, in the appliance's words. */
    std::string_view compression() const { return detail::shown(raw_->compression); }

    /** What synchronous writes are tuned for: latency or throughput. */
    std::string_view logbias() const { return detail::shown(raw_->logbias); }

    /** The target group through which it is presented. */
    std::string_view target_group() const { return detail::shown(raw_->target_group); }

    /** When it was made, UTC, in the appliance's form. */
    std::string_view created_at() const { return detail::shown(raw_->created_at); }

    /** The initiator groups to which it is presented; none when to nobody. */
    strings initiator_groups() const
    {
        return strings(raw_->initiator_groups, raw_->initiator_groups_count);
    }

    /** What it was cloned from; nullopt when it is no clone. */
    std::optional<origin_view> origin() const
    {
        return raw_->origin != nullptr ? std::optional<origin_view>(raw_->origin) : std::nullopt;
    }

    /** The structure of zfssa.h. */
    const zfssa_volume_t *raw() const noexcept { return raw_; }

private:
    const zfssa_volume_t *raw_;
};

/** What became of a volume or snapshot that should be gone. */
class deleted_view {
public:
    explicit deleted_view(const zfssa_deleted_t *raw) : raw_(raw) {}
    static deleted_view of(const zfssa_result_t *result)
    {
        return deleted_view(zfssa_result_deleted(result));
    }

    /** 1 when it existed before the call, else 0. */
    bool existed() const { return raw_->existed != 0; }

    /** The structure of zfssa.h. */
    const zfssa_deleted_t *raw() const noexcept { return raw_; }

private:
    const zfssa_deleted_t *raw_;
};

/** The volumes found. */
class volumes_view {
public:
    explicit volumes_view(const zfssa_volumes_t *raw) : raw_(raw) {}
    static volumes_view of(const zfssa_result_t *result)
    {
        return volumes_view(zfssa_result_volumes(result));
    }

    /** Pointers to them, in the order of their names; nullopt when there are none. */
    list<volume_view, const zfssa_volume_t *> volumes() const
    {
        return {raw_->volumes, raw_->count};
    }

    /** The structure of zfssa.h. */
    const zfssa_volumes_t *raw() const noexcept { return raw_; }

private:
    const zfssa_volumes_t *raw_;
};

/** A snapshot as the appliance shows it. */
class snapshot_view {
public:
    explicit snapshot_view(const zfssa_snapshot_t *raw) : raw_(raw) {}
    static snapshot_view of(const zfssa_result_t *result)
    {
        return snapshot_view(zfssa_result_snapshot(result));
    }

    /** 1 when this very call took it, else 0. */
    bool created() const { return raw_->created != 0; }

    /** How many clones the appliance counts; the count may lag behind deletions. */
    std::uint64_t clones() const { return raw_->clones; }

    /** Bytes that this snapshot alone holds. */
    std::uint64_t unique_bytes() const { return raw_->unique_bytes; }

    /** The snapshot's name. */
    std::string_view name() const { return detail::shown(raw_->name); }

    /** The volume it was taken of. */
    std::string_view volume() const { return detail::shown(raw_->volume); }

    /** The pool it is in. */
    std::string_view pool() const { return detail::shown(raw_->pool); }

    /** The project it is in. */
    std::string_view project() const { return detail::shown(raw_->project); }

    /** When it was taken, UTC, in the appliance's form. */
    std::string_view created_at() const { return detail::shown(raw_->created_at); }

    /** The structure of zfssa.h. */
    const zfssa_snapshot_t *raw() const noexcept { return raw_; }

private:
    const zfssa_snapshot_t *raw_;
};

/** The snapshots found. */
class snapshots_view {
public:
    explicit snapshots_view(const zfssa_snapshots_t *raw) : raw_(raw) {}
    static snapshots_view of(const zfssa_result_t *result)
    {
        return snapshots_view(zfssa_result_snapshots(result));
    }

    /** Pointers to them, in the order in which they were taken; nullopt when there are none. */
    list<snapshot_view, const zfssa_snapshot_t *> snapshots() const
    {
        return {raw_->snapshots, raw_->count};
    }

    /** The structure of zfssa.h. */
    const zfssa_snapshots_t *raw() const noexcept { return raw_; }

private:
    const zfssa_snapshots_t *raw_;
};

/** What became of an image's volume. */
class cloned_image_view {
public:
    explicit cloned_image_view(const zfssa_cloned_image_t *raw) : raw_(raw) {}
    static cloned_image_view of(const zfssa_result_t *result)
    {
        return cloned_image_view(zfssa_result_cloned_image(result));
    }

    /** 1 when this very call had the image written, else 0. */
    bool transferred() const { return raw_->transferred != 0; }

    /** The volume; nullopt where the cache declines and the host should make the volume itself. */
    std::optional<volume_view> volume() const
    {
        return raw_->volume != nullptr ? std::optional<volume_view>(raw_->volume) : std::nullopt;
    }

    /** Why the cache declines; empty when it did not. */
    std::string_view declined() const { return detail::shown(raw_->declined); }

    /** The cache entry that the volume is a clone of; empty when the cache declined. */
    std::string_view cache_entry() const { return detail::shown(raw_->cache_entry); }

    /** The structure of zfssa.h. */
    const zfssa_cloned_image_t *raw() const noexcept { return raw_; }

private:
    const zfssa_cloned_image_t *raw_;
};

/** How a host reaches a volume, in the words of Cinder's connection properties. */
class connection_view {
public:
    explicit connection_view(const zfssa_connection_t *raw) : raw_(raw) {}
    static connection_view of(const zfssa_result_t *result)
    {
        return connection_view(zfssa_result_connection(result));
    }

    /** Always 0: the host need not discover. */
    bool target_discovered() const { return raw_->target_discovered != 0; }

    /** The LU number for this host. */
    std::uint32_t target_lun() const { return raw_->target_lun; }

    /** 1 when the host may send discards, else 0. */
    bool discard() const { return raw_->discard != 0; }

    /** 1 when this very call presented the volume, else 0. */
    bool changed() const { return raw_->changed != 0; }

    /** Always iscsi. */
    std::string_view driver_volume_type() const { return detail::shown(raw_->driver_volume_type); }

    /** As in the request. */
    std::string_view volume_id() const { return detail::shown(raw_->volume_id); }

    /** The first portal, address:port. */
    std::string_view target_portal() const { return detail::shown(raw_->target_portal); }

    /** The target's iSCSI name. */
    std::string_view target_iqn() const { return detail::shown(raw_->target_iqn); }

    /** Every portal. */
    strings target_portals() const { return strings(raw_->target_portals, raw_->paths_count); }

    /** The target's name at each portal. */
    strings target_iqns() const { return strings(raw_->target_iqns, raw_->paths_count); }

    /** The LU number at each portal. */
    list<std::uint32_t, std::uint32_t> target_luns() const
    {
        return {raw_->target_luns, raw_->paths_count};
    }

    /** The initiator groups through which the host sees the volume. */
    strings initiator_groups() const
    {
        return strings(raw_->initiator_groups, raw_->initiator_groups_count);
    }

    /** CHAP, or nullopt when the target asks for none. */
    std::optional<std::string_view> auth_method() const
    {
        return detail::shown_if_any(raw_->auth_method);
    }

    /** The CHAP name, or nullopt. */
    std::optional<std::string_view> auth_username() const
    {
        return detail::shown_if_any(raw_->auth_username);
    }

    /** The CHAP secret in the clear, or nullopt. Wiped when the result is freed. */
    std::optional<std::string_view> auth_password() const
    {
        return detail::shown_if_any(raw_->auth_password);
    }

    /**
     * CHAP for the other direction, or nullopt when there is none: what the target proves itself
     * with to a host that asks. Given where host and target have accounts of their own.
     */
    std::optional<std::string_view> target_auth_method() const
    {
        return detail::shown_if_any(raw_->target_auth_method);
    }

    /** The CHAP name of the target, or nullopt. */
    std::optional<std::string_view> target_auth_username() const
    {
        return detail::shown_if_any(raw_->target_auth_username);
    }

    /** The CHAP secret of the target in the clear, or nullopt. Wiped when the result is freed. */
    std::optional<std::string_view> target_auth_password() const
    {
        return detail::shown_if_any(raw_->target_auth_password);
    }

    /** The structure of zfssa.h. */
    const zfssa_connection_t *raw() const noexcept { return raw_; }

private:
    const zfssa_connection_t *raw_;
};

/** What is left after a host was taken away. */
class detached_view {
public:
    explicit detached_view(const zfssa_detached_t *raw) : raw_(raw) {}
    static detached_view of(const zfssa_result_t *result)
    {
        return detached_view(zfssa_result_detached(result));
    }

    /** 1 when the host still sees the volume, through a group that had to be kept. */
    bool still_presented() const { return raw_->still_presented != 0; }

    /** 1 when this very call changed anything, else 0. */
    bool changed() const { return raw_->changed != 0; }

    /** Every initiator group to which the volume is presented now. */
    strings initiator_groups() const
    {
        return strings(raw_->initiator_groups, raw_->initiator_groups_count);
    }

    /** The structure of zfssa.h. */
    const zfssa_detached_t *raw() const noexcept { return raw_; }

private:
    const zfssa_detached_t *raw_;
};

/** A LUN or snapshot that exists. */
class manageable_entry_view {
public:
    explicit manageable_entry_view(const zfssa_manageable_entry_t *raw) : raw_(raw) {}

    /** 1 when it may be managed without harm, else 0. */
    bool safe_to_manage() const { return raw_->safe_to_manage != 0; }

    /** GiB, rounded up; of a snapshot, its volume's size. */
    std::uint64_t size_gib() const { return raw_->size_gib; }

    /** Cinder's source-name: the name of the LUN or snapshot. */
    std::string_view reference() const { return detail::shown(raw_->reference); }

    /** Of a snapshot, the name of its LUN; empty for a LUN. */
    std::string_view source_reference() const { return detail::shown(raw_->source_reference); }

    /** Why it may not be managed; empty when it may. */
    std::string_view reason_not_safe() const { return detail::shown(raw_->reason_not_safe); }

    /** The id of Cinder's volume or snapshot that this is; empty when it is none. */
    std::string_view cinder_id() const { return detail::shown(raw_->cinder_id); }

    /** What else an operator wants to know, for people. */
    std::string_view extra_info() const { return detail::shown(raw_->extra_info); }

    /** The structure of zfssa.h. */
    const zfssa_manageable_entry_t *raw() const noexcept { return raw_; }

private:
    const zfssa_manageable_entry_t *raw_;
};

/** A part of what could be managed. */
class manageable_view {
public:
    explicit manageable_view(const zfssa_manageable_t *raw) : raw_(raw) {}
    static manageable_view of(const zfssa_result_t *result)
    {
        return manageable_view(zfssa_result_manageable(result));
    }

    /** How many there are in all. */
    std::uint64_t total() const { return raw_->total; }

    /** Pointers to the entries, in the order asked for; nullopt when there are none. */
    list<manageable_entry_view, const zfssa_manageable_entry_t *> entries() const
    {
        return {raw_->entries, raw_->count};
    }

    /** The structure of zfssa.h. */
    const zfssa_manageable_t *raw() const noexcept { return raw_; }

private:
    const zfssa_manageable_t *raw_;
};

/** How large something is that exists. */
class existing_size_view {
public:
    explicit existing_size_view(const zfssa_existing_size_t *raw) : raw_(raw) {}
    static existing_size_view of(const zfssa_result_t *result)
    {
        return existing_size_view(zfssa_result_existing_size(result));
    }

    /** GiB, rounded up. */
    std::uint64_t size_gib() const { return raw_->size_gib; }

    /** Bytes. */
    std::uint64_t size_bytes() const { return raw_->size_bytes; }

    /** The structure of zfssa.h. */
    const zfssa_existing_size_t *raw() const noexcept { return raw_; }

private:
    const zfssa_existing_size_t *raw_;
};

/** What a LUN was and is. */
class managed_view {
public:
    explicit managed_view(const zfssa_managed_t *raw) : raw_(raw) {}
    static managed_view of(const zfssa_result_t *result)
    {
        return managed_view(zfssa_result_managed(result));
    }

    /** 1 when this very call changed it, else 0. */
    bool changed() const { return raw_->changed != 0; }

    /** The volume as it is now. */
    volume_view volume() const { return volume_view(raw_->volume); }

    /** The name that the LUN had. */
    std::string_view previous_name() const { return detail::shown(raw_->previous_name); }

    /** The initiator groups that saw it and do not any more. */
    strings taken_from() const { return strings(raw_->taken_from, raw_->taken_from_count); }

    /** The snapshots that keep it from being deleted. */
    strings snapshots() const { return strings(raw_->snapshots, raw_->snapshots_count); }

    /** The structure of zfssa.h. */
    const zfssa_managed_t *raw() const noexcept { return raw_; }

private:
    const zfssa_managed_t *raw_;
};

/** What was let go. */
class unmanaged_view {
public:
    explicit unmanaged_view(const zfssa_unmanaged_t *raw) : raw_(raw) {}
    static unmanaged_view of(const zfssa_result_t *result)
    {
        return unmanaged_view(zfssa_result_unmanaged(result));
    }

    /** 1 when this very call renamed it, else 0. */
    bool changed() const { return raw_->changed != 0; }

    /** The name that it had. */
    std::string_view name() const { return detail::shown(raw_->name); }

    /** The name that it has now. */
    std::string_view new_name() const { return detail::shown(raw_->new_name); }

    /** The structure of zfssa.h. */
    const zfssa_unmanaged_t *raw() const noexcept { return raw_; }

private:
    const zfssa_unmanaged_t *raw_;
};

/** What a snapshot was and is. */
class managed_snapshot_view {
public:
    explicit managed_snapshot_view(const zfssa_managed_snapshot_t *raw) : raw_(raw) {}
    static managed_snapshot_view of(const zfssa_result_t *result)
    {
        return managed_snapshot_view(zfssa_result_managed_snapshot(result));
    }

    /** 1 when this very call renamed it, else 0. */
    bool changed() const { return raw_->changed != 0; }

    /** The snapshot as it is now. */
    snapshot_view snapshot() const { return snapshot_view(raw_->snapshot); }

    /** The name that it had. */
    std::string_view previous_name() const { return detail::shown(raw_->previous_name); }

    /** The structure of zfssa.h. */
    const zfssa_managed_snapshot_t *raw() const noexcept { return raw_; }

private:
    const zfssa_managed_snapshot_t *raw_;
};

/** What became of a retype. */
class retyped_view {
public:
    explicit retyped_view(const zfssa_retyped_t *raw) : raw_(raw) {}
    static retyped_view of(const zfssa_result_t *result)
    {
        return retyped_view(zfssa_result_retyped(result));
    }

    /**
     * 1 when the volume is what the type says; 0 when that is not possible in place, and nothing
     * was changed.
     */
    bool in_place() const { return raw_->in_place != 0; }

    /** Why not in place; empty when it is. */
    std::string_view reason() const { return detail::shown(raw_->reason); }

    /** What was changed, one sentence each. */
    strings changes() const { return strings(raw_->changes, raw_->changes_count); }

    /** The volume as it is now. */
    volume_view volume() const { return volume_view(raw_->volume); }

    /** The structure of zfssa.h. */
    const zfssa_retyped_t *raw() const noexcept { return raw_; }

private:
    const zfssa_retyped_t *raw_;
};

/** What became of a migration. */
class migration_view {
public:
    explicit migration_view(const zfssa_migration_t *raw) : raw_(raw) {}
    static migration_view of(const zfssa_result_t *result)
    {
        return migration_view(zfssa_result_migration(result));
    }

    /** 1 when the volume is at the destination now; 0 when the migration was declined. */
    bool migrated() const { return raw_->migrated != 0; }

    /**
     * Why it was declined, as a name that never changes, such as no_space; nullopt when it was not.
     * New ones may come in any version.
     */
    std::optional<std::string_view> declined() const
    {
        return detail::shown_if_any(raw_->declined);
    }

    /** The same in one sentence for people; empty when it was not. */
    std::string_view reason() const { return detail::shown(raw_->reason); }

    /** The GUID that the volume has at the destination; empty when it is not there. */
    std::string_view guid() const { return detail::shown(raw_->guid); }

    /**
     * What could not be taken away at the source, in words for people. The volume has moved all the
     * same, and recover() tries again, where there is a zfssa_state_dir.
     */
    strings left_behind() const { return strings(raw_->left_behind, raw_->left_behind_count); }

    /** The structure of zfssa.h. */
    const zfssa_migration_t *raw() const noexcept { return raw_; }

private:
    const zfssa_migration_t *raw_;
};

/** Under which name a migrated volume is found. */
class migrated_volume_view {
public:
    explicit migrated_volume_view(const zfssa_migrated_volume_t *raw) : raw_(raw) {}
    static migrated_volume_view of(const zfssa_result_t *result)
    {
        return migrated_volume_view(zfssa_result_migrated_volume(result));
    }

    /** 1 when this very call renamed it, else 0. */
    bool renamed() const { return raw_->renamed != 0; }

    /** The name that it has. */
    std::string_view name() const { return detail::shown(raw_->name); }

    /** Cinder's _name_id; nullopt when the volume has the original name. */
    std::optional<std::string_view> name_id() const { return detail::shown_if_any(raw_->name_id); }

    /** The structure of zfssa.h. */
    const zfssa_migrated_volume_t *raw() const noexcept { return raw_; }

private:
    const zfssa_migrated_volume_t *raw_;
};

/** Two ids of one object. */
class provider_id_view {
public:
    explicit provider_id_view(const zfssa_provider_id_t *raw) : raw_(raw) {}

    /** Cinder's. */
    std::string_view id() const { return detail::shown(raw_->id); }

    /** The appliance's. */
    std::string_view provider_id() const { return detail::shown(raw_->provider_id); }

    /** The structure of zfssa.h. */
    const zfssa_provider_id_t *raw() const noexcept { return raw_; }

private:
    const zfssa_provider_id_t *raw_;
};

/** What exists and what does not. */
class provider_info_view {
public:
    explicit provider_info_view(const zfssa_provider_info_t *raw) : raw_(raw) {}
    static provider_info_view of(const zfssa_result_t *result)
    {
        return provider_info_view(zfssa_result_provider_info(result));
    }

    /** Pointers to the volumes that exist; the provider id is the LUN's GUID. */
    list<provider_id_view, const zfssa_provider_id_t *> volumes() const
    {
        return {raw_->volumes, raw_->volumes_count};
    }

    /**
     * Pointers to the snapshots that exist; the provider id is the LUN's GUID, an @ and the name.
     */
    list<provider_id_view, const zfssa_provider_id_t *> snapshots() const
    {
        return {raw_->snapshots, raw_->snapshots_count};
    }

    /** Cinder's ids of volumes that do not exist. */
    strings missing_volumes() const
    {
        return strings(raw_->missing_volumes, raw_->missing_volumes_count);
    }

    /** Cinder's ids of snapshots that do not exist. */
    strings missing_snapshots() const
    {
        return strings(raw_->missing_snapshots, raw_->missing_snapshots_count);
    }

    /** The structure of zfssa.h. */
    const zfssa_provider_info_t *raw() const noexcept { return raw_; }

private:
    const zfssa_provider_info_t *raw_;
};

/** What became of one volume or snapshot of a group. */
class deleted_part_view {
public:
    explicit deleted_part_view(const zfssa_deleted_part_t *raw) : raw_(raw) {}

    /** 1 when it is gone, else 0. */
    bool deleted() const { return raw_->deleted != 0; }

    /** 1 when it existed before the call, else 0. */
    bool existed() const { return raw_->existed != 0; }

    /** The status of the failure; 0 when it is gone. */
    zfssa_status_t status() const { return raw_->status; }

    /** The volume's name, or volume@snapshot. */
    std::string_view name() const { return detail::shown(raw_->name); }

    /** Why it is not gone; empty when it is. */
    std::string_view error() const { return detail::shown(raw_->error); }

    /** The structure of zfssa.h. */
    const zfssa_deleted_part_t *raw() const noexcept { return raw_; }

private:
    const zfssa_deleted_part_t *raw_;
};

/** What became of each part of a group. */
class group_deleted_view {
public:
    explicit group_deleted_view(const zfssa_group_deleted_t *raw) : raw_(raw) {}
    static group_deleted_view of(const zfssa_result_t *result)
    {
        return group_deleted_view(zfssa_result_group_deleted(result));
    }

    /** 1 when all are gone, else 0. */
    bool all_deleted() const { return raw_->all_deleted != 0; }

    /** Pointers to the parts, in the order of the request. */
    list<deleted_part_view, const zfssa_deleted_part_t *> parts() const
    {
        return {raw_->parts, raw_->count};
    }

    /** The structure of zfssa.h. */
    const zfssa_group_deleted_t *raw() const noexcept { return raw_; }

private:
    const zfssa_group_deleted_t *raw_;
};

/** An operation that a dead process left. */
class recovered_view {
public:
    explicit recovered_view(const zfssa_recovered_t *raw) : raw_(raw) {}

    /** One of the ZFSSA_SETTLED_ numbers. */
    std::uint32_t settled() const { return raw_->settled; }

    /** The kind of operation. */
    std::string_view flow() const { return detail::shown(raw_->flow); }

    /** The object that it is about. */
    std::string_view object() const { return detail::shown(raw_->object); }

    /** The id of the operation. */
    std::string_view operation() const { return detail::shown(raw_->operation); }

    /** What became of it, in one sentence. */
    std::string_view message() const { return detail::shown(raw_->message); }

    /** The structure of zfssa.h. */
    const zfssa_recovered_t *raw() const noexcept { return raw_; }

private:
    const zfssa_recovered_t *raw_;
};

/** A file among the journals that was not acted on. */
class finding_view {
public:
    explicit finding_view(const zfssa_finding_t *raw) : raw_(raw) {}

    /** One of the ZFSSA_FINDING_ numbers. */
    std::uint32_t kind() const { return raw_->kind; }

    /** The file. */
    std::string_view path() const { return detail::shown(raw_->path); }

    /** The other backend, what is wrong, or the failure; empty where there is nothing to add. */
    std::string_view detail() const { return detail::shown(raw_->detail); }

    /** The structure of zfssa.h. */
    const zfssa_finding_t *raw() const noexcept { return raw_; }

private:
    const zfssa_finding_t *raw_;
};

/** What was found and done. */
class recover_report_view {
public:
    explicit recover_report_view(const zfssa_recover_report_t *raw) : raw_(raw) {}
    static recover_report_view of(const zfssa_result_t *result)
    {
        return recover_report_view(zfssa_result_recover_report(result));
    }

    /** Pointers to the operations that were settled, or should have been. */
    list<recovered_view, const zfssa_recovered_t *> recovered() const
    {
        return {raw_->recovered, raw_->recovered_count};
    }

    /** Pointers to the files among the journals that were not acted on. */
    list<finding_view, const zfssa_finding_t *> findings() const
    {
        return {raw_->findings, raw_->findings_count};
    }

    /** The structure of zfssa.h. */
    const zfssa_recover_report_t *raw() const noexcept { return raw_; }

private:
    const zfssa_recover_report_t *raw_;
};

/** An object without an owner, or an owner without an object. */
class audit_finding_view {
public:
    explicit audit_finding_view(const zfssa_audit_finding_t *raw) : raw_(raw) {}

    /** 1 when a flag deletes it, else 0. */
    bool fixable() const { return raw_->fixable != 0; }

    /** 1 when this very call deleted it, else 0. */
    bool fixed() const { return raw_->fixed != 0; }

    /**
     * volume, temporary_snapshot, project_snapshot, snapshot, cache_entry, migration,
     * temporary_project, replication_action, replication_package, journal, missing_volume or
     * missing_snapshot.
     */
    std::string_view kind() const { return detail::shown(raw_->kind); }

    /** Its name; a snapshot's is volume@snapshot. */
    std::string_view object() const { return detail::shown(raw_->object); }

    /** What is known of it, for people. */
    std::string_view detail() const { return detail::shown(raw_->detail); }

    /** Why it could not be deleted; empty when it was, or was not to be. */
    std::string_view error() const { return detail::shown(raw_->error); }

    /** The structure of zfssa.h. */
    const zfssa_audit_finding_t *raw() const noexcept { return raw_; }

private:
    const zfssa_audit_finding_t *raw_;
};

/** What an audit found. */
class audit_report_view {
public:
    explicit audit_report_view(const zfssa_audit_report_t *raw) : raw_(raw) {}
    static audit_report_view of(const zfssa_result_t *result)
    {
        return audit_report_view(zfssa_result_audit_report(result));
    }

    /** How many were deleted. */
    std::uint32_t fixed() const { return raw_->fixed; }

    /** Pointers to what has no owner, or is missing. */
    list<audit_finding_view, const zfssa_audit_finding_t *> findings() const
    {
        return {raw_->findings, raw_->findings_count};
    }

    /** What could not be looked at, one sentence each. */
    strings not_looked_at() const
    {
        return strings(raw_->not_looked_at, raw_->not_looked_at_count);
    }

    /** The structure of zfssa.h. */
    const zfssa_audit_report_t *raw() const noexcept { return raw_; }

private:
    const zfssa_audit_report_t *raw_;
};

// What operations take.

/** A volume or snapshot that the host knows. */
struct known {
    /** Cinder's id. */
    std::string id = {};
    /** The name on the appliance. */
    std::string name = {};

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
    void fill(zfssa_known_t &c, detail::arguments &memory) const
    {
        c.id = memory.text(id);
        c.name = memory.text(name);
    }
};

/** A snapshot that the host knows. */
struct known_snapshot {
    /** Cinder's id. */
    std::string id = {};
    /** The name on the appliance. */
    std::string name = {};
    /** The name of its volume on the appliance. */
    std::string volume = {};

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
    void fill(zfssa_known_snapshot_t &c, detail::arguments &memory) const
    {
        c.id = memory.text(id);
        c.name = memory.text(name);
        c.volume = memory.text(volume);
    }
};

/** A volume of a group, and its snapshot. */
struct group_member {
    /** The LUN's name. */
    std::string volume = {};
    /** The snapshot's name. */
    std::string snapshot = {};

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
    void fill(zfssa_group_member_t &c, detail::arguments &memory) const
    {
        c.volume = memory.text(volume);
        c.snapshot = memory.text(snapshot);
    }
};

/** A volume of a new group. */
struct group_clone {
    /** The new LUN's name. */
    std::string name = {};
    /** The source LUN's name. */
    std::string source_volume = {};
    /** The source's snapshot. nullopt: the source as it is now, at one instant with all others. */
    std::optional<std::string> snapshot = {};
    /** GiB, at least the source's size. */
    std::uint64_t size_gib = 0;
    /** The extra specs of the volume type. nullopt: none. */
    std::map<std::string, std::string> extra_specs = {};

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
    void fill(zfssa_group_clone_t &c, detail::arguments &memory) const
    {
        c.name = memory.text(name);
        c.source_volume = memory.text(source_volume);
        c.snapshot = memory.text(snapshot);
        c.size_gib = size_gib;
        c.extra_specs = memory.pairs(extra_specs, c.extra_specs_count);
    }
};

/** What echo() takes. */
struct echo_request {
    /** Comes back as it is: any UTF-8 of up to ZFSSA_MAX_TEXT bytes. nullopt: empty. */
    std::optional<std::string> message = {};
    /** How long the operation takes, in milliseconds. */
    std::uint64_t delay_ms = 0;
    /** The status to fail with; 0 to succeed. */
    zfssa_status_t fail_with = 0;

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
    void fill(zfssa_echo_args_t &c, detail::arguments &memory) const
    {
        c.message = memory.text(message);
        c.delay_ms = delay_ms;
        c.fail_with = fail_with;
    }
};

/** What get_certificate() takes. */
struct get_certificate_request {

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
    void fill(zfssa_get_certificate_args_t &, detail::arguments &) const
    {
    }
};

/** What check_for_setup_error() takes. */
struct check_for_setup_error_request {

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
    void fill(zfssa_check_for_setup_error_args_t &, detail::arguments &) const
    {
    }
};

/** What do_setup() takes. */
struct do_setup_request {

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
    void fill(zfssa_do_setup_args_t &, detail::arguments &) const
    {
    }
};

/** What get_volume_stats() takes. */
struct get_volume_stats_request {

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
    void fill(zfssa_get_volume_stats_args_t &, detail::arguments &) const
    {
    }
};

/** What create_volume() takes. */
struct create_volume_request {
    /** The LUN's name, such as volume-<uuid>. */
    std::string name = {};
    /** The size in GiB, at least 1. */
    std::uint64_t size_gib = 0;
    /**
     * The extra specs of the volume type. Keys zfssa:* override the backend's defaults; keys of
     * other scopes are passed over. nullopt: none.
     */
    std::map<std::string, std::string> extra_specs = {};

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
    void fill(zfssa_create_volume_args_t &c, detail::arguments &memory) const
    {
        c.name = memory.text(name);
        c.size_gib = size_gib;
        c.extra_specs = memory.pairs(extra_specs, c.extra_specs_count);
    }
};

/** What delete_volume() takes. */
struct delete_volume_request {
    /** The LUN's name, such as volume-<uuid>. */
    std::string name = {};

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
    void fill(zfssa_delete_volume_args_t &c, detail::arguments &memory) const
    {
        c.name = memory.text(name);
    }
};

/** What extend_volume() takes. */
struct extend_volume_request {
    /** The LUN's name, such as volume-<uuid>. */
    std::string name = {};
    /** The new size in GiB. */
    std::uint64_t size_gib = 0;

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
    void fill(zfssa_extend_volume_args_t &c, detail::arguments &memory) const
    {
        c.name = memory.text(name);
        c.size_gib = size_gib;
    }
};

/** What get_volume() takes. */
struct get_volume_request {
    /** The LUN's name, such as volume-<uuid>. */
    std::string name = {};

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
    void fill(zfssa_get_volume_args_t &c, detail::arguments &memory) const
    {
        c.name = memory.text(name);
    }
};

/** What list_volumes() takes. */
struct list_volumes_request {
    /** Only names that begin so; nullopt for all. */
    std::optional<std::string> prefix = {};

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
    void fill(zfssa_list_volumes_args_t &c, detail::arguments &memory) const
    {
        c.prefix = memory.text(prefix);
    }
};

/** What create_snapshot() takes. */
struct create_snapshot_request {
    /** The LUN's name. */
    std::string volume = {};
    /** The snapshot's name, such as snapshot-<uuid>. */
    std::string name = {};

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
    void fill(zfssa_create_snapshot_args_t &c, detail::arguments &memory) const
    {
        c.volume = memory.text(volume);
        c.name = memory.text(name);
    }
};

/** What delete_snapshot() takes. */
struct delete_snapshot_request {
    /** The LUN's name. */
    std::string volume = {};
    /** The snapshot's name, such as snapshot-<uuid>. */
    std::string name = {};

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
    void fill(zfssa_delete_snapshot_args_t &c, detail::arguments &memory) const
    {
        c.volume = memory.text(volume);
        c.name = memory.text(name);
    }
};

/** What list_snapshots() takes. */
struct list_snapshots_request {
    /** The LUN's name; zfssa::every: every volume of the backend's project. */
    one_or_every volume;

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
    void fill(zfssa_list_snapshots_args_t &c, detail::arguments &memory) const
    {
        c.volume = memory.text(volume);
    }
};

/** What revert_to_snapshot() takes. */
struct revert_to_snapshot_request {
    /** The LUN's name. */
    std::string volume = {};
    /** The snapshot's name. */
    std::string snapshot = {};
    /** The size in GiB that Cinder knows the volume by; 0: the size that it has. */
    std::uint64_t size_gib = 0;

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
    void fill(zfssa_revert_to_snapshot_args_t &c, detail::arguments &memory) const
    {
        c.volume = memory.text(volume);
        c.snapshot = memory.text(snapshot);
        c.size_gib = size_gib;
    }
};

/** What create_volume_from_snapshot() takes. */
struct create_volume_from_snapshot_request {
    /** The new LUN's name. */
    std::string name = {};
    /** GiB, at least the size of the snapshot. */
    std::uint64_t size_gib = 0;
    /** The volume of the snapshot. */
    std::string source_volume = {};
    /** The snapshot's name. */
    std::string snapshot = {};
    /**
     * The extra specs of the volume type. Keys zfssa:* override the backend's defaults; keys of
     * other scopes are passed over. nullopt: none. The block size of a clone is its source's and
     * cannot be chosen.
     */
    std::map<std::string, std::string> extra_specs = {};

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
    void fill(zfssa_create_volume_from_snapshot_args_t &c, detail::arguments &memory) const
    {
        c.name = memory.text(name);
        c.size_gib = size_gib;
        c.source_volume = memory.text(source_volume);
        c.snapshot = memory.text(snapshot);
        c.extra_specs = memory.pairs(extra_specs, c.extra_specs_count);
    }
};

/** What create_cloned_volume() takes. */
struct create_cloned_volume_request {
    /** The new LUN's name. */
    std::string name = {};
    /**
     * The new volume's Cinder id, which names the temporary snapshot tmp-snapshot-<id>. nullopt:
     * taken from the name, without the prefix volume-.
     */
    std::optional<std::string> id = {};
    /** GiB, at least the size of the source. */
    std::uint64_t size_gib = 0;
    /** The source LUN's name. */
    std::string source_volume = {};
    /**
     * The extra specs of the volume type. Keys zfssa:* override the backend's defaults; keys of
     * other scopes are passed over. nullopt: none.
     */
    std::map<std::string, std::string> extra_specs = {};

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
    void fill(zfssa_create_cloned_volume_args_t &c, detail::arguments &memory) const
    {
        c.name = memory.text(name);
        c.id = memory.text(id);
        c.size_gib = size_gib;
        c.source_volume = memory.text(source_volume);
        c.extra_specs = memory.pairs(extra_specs, c.extra_specs_count);
    }
};

/** What clone_image() takes. */
struct clone_image_request {
    /** The new LUN's name. */
    std::string name = {};
    /**
     * GiB, at least the cache entry's size: the image's, rounded up, and one more where it is a
     * whole number of GiB.
     */
    std::uint64_t size_gib = 0;
    /** The image's id, which names its cache entry. */
    std::string image_id = {};
    /** When the image was last updated, in whatever form, as long as it is always the same. */
    std::string image_updated_at = {};
    /** Bytes of the disk that the image holds; not 0. */
    std::uint64_t image_virtual_size = 0;
    /** The iSCSI name of the host that writes the image. */
    std::string initiator = {};
    /**
     * The extra specs of the volume type. Keys zfssa:* override the backend's defaults; keys of
     * other scopes are passed over. nullopt: none.
     */
    std::map<std::string, std::string> extra_specs = {};
    /**
     * The image's file, to be written by qemu-img over iSCSI from user space; its absolute path.
     * nullopt: the host transfers.
     */
    std::optional<std::string> image_path = {};
    /** With `image_path`: raw, qcow2 or vmdk, which is never guessed. nullopt without. */
    std::optional<std::string> image_format = {};
    /** With `image_path`: the program. nullopt: qemu-img, looked for in PATH. */
    std::optional<std::string> qemu_img = {};
    /**
     * Asked to write the image if it is not there yet. The result that it gets is the host's to
     * free: connection() says where to write, ticket() is the operation's ticket. It need not write
     * at once: transfer_finish() ends the transfer, from whatever thread. nullopt: none.
     */
    zfssa_callback_t transfer = nullptr;
    /** For `transfer` and `transfer_drop`; never looked at. */
    void* transfer_context = nullptr;
    /**
     * Called once with `transfer_context` when `transfer` is not called any more, be it that it
     * never was. Never called when the submission was refused. Only together with `transfer`.
     */
    zfssa_drop_t transfer_drop = nullptr;

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
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

/** What initialize_connection() takes. */
struct initialize_connection_request {
    /** The LUN's name. */
    std::string volume = {};
    /** Cinder's id of the volume, handed back in the connection; nullopt: the name. */
    std::optional<std::string> volume_id = {};
    /** The host's iSCSI name. */
    std::string initiator = {};

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
    void fill(zfssa_initialize_connection_args_t &c, detail::arguments &memory) const
    {
        c.volume = memory.text(volume);
        c.volume_id = memory.text(volume_id);
        c.initiator = memory.text(initiator);
    }
};

/** What terminate_connection() takes. */
struct terminate_connection_request {
    /** The LUN's name. */
    std::string volume = {};
    /** The host's iSCSI name; zfssa::every: every host. */
    one_or_every initiator;
    /**
     * With the flag ZFSSA_TERMINATE_STILL_ATTACHED: the initiators that still use the volume and
     * must keep it; `initiator` too where its host has the volume attached once more. Without: not
     * known; then a group that holds other initiators too keeps the volume.
     */
    std::optional<std::vector<std::string>> still_attached = {};

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
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

/** What create_export() takes. */
struct create_export_request {
    /** The LUN's name. */
    std::string volume = {};

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
    void fill(zfssa_create_export_args_t &c, detail::arguments &memory) const
    {
        c.volume = memory.text(volume);
    }
};

/** What ensure_export() takes. */
struct ensure_export_request {
    /** The LUN's name. */
    std::string volume = {};

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
    void fill(zfssa_ensure_export_args_t &c, detail::arguments &memory) const
    {
        c.volume = memory.text(volume);
    }
};

/** What remove_export() takes. */
struct remove_export_request {
    /** The LUN's name. */
    std::string volume = {};

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
    void fill(zfssa_remove_export_args_t &c, detail::arguments &memory) const
    {
        c.volume = memory.text(volume);
    }
};

/** What get_manageable_volumes() takes. */
struct get_manageable_volumes_request {
    /**
     * Begin after the entry with this reference; nullopt: at the beginning. An entry that is not
     * there is an error.
     */
    std::optional<std::string> marker = {};
    /** At most so many entries; 0: all. */
    std::uint32_t limit = 0;
    /** Pass over so many entries, counted from the beginning or the marker. */
    std::uint32_t offset = 0;
    /** The volumes that Cinder has on this backend. */
    std::vector<known> cinder_volumes = {};
    /** reference or size, the most important first; nullopt: reference. */
    std::vector<std::string> sort_keys = {};
    /** asc or desc for each key; where one is missing, the last one given, or asc. */
    std::vector<std::string> sort_dirs = {};

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
    void fill(zfssa_get_manageable_volumes_args_t &c, detail::arguments &memory) const
    {
        c.marker = memory.text(marker);
        c.limit = limit;
        c.offset = offset;
        c.cinder_volumes =
            memory.records<zfssa_known_t>(cinder_volumes, c.cinder_volumes_count);
        c.sort_keys = memory.texts(sort_keys, c.sort_keys_count);
        c.sort_dirs = memory.texts(sort_dirs, c.sort_dirs_count);
    }
};

/** What manage_existing_get_size() takes. */
struct manage_existing_get_size_request {
    /** The LUN's name, Cinder's source-name; nullopt: told by its id. */
    std::optional<std::string> source_name = {};
    /**
     * The LUN's globally unique id, 32 hexadecimal digits; nullopt: told by its name. Where both
     * are given, both must fit.
     */
    std::optional<std::string> source_guid = {};

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
    void fill(zfssa_manage_existing_get_size_args_t &c, detail::arguments &memory) const
    {
        c.source_name = memory.text(source_name);
        c.source_guid = memory.text(source_guid);
    }
};

/** What manage_existing() takes. */
struct manage_existing_request {
    /** The volume's name, such as volume-<uuid>. */
    std::string name = {};
    /** The LUN's name, Cinder's source-name; nullopt: told by its id. */
    std::optional<std::string> source_name = {};
    /**
     * The LUN's globally unique id, 32 hexadecimal digits; nullopt: told by its name. Where both
     * are given, both must fit.
     */
    std::optional<std::string> source_guid = {};
    /**
     * The extra specs of the volume type. What a key zfssa:* says must be so; the defaults of the
     * backend do not matter here. nullopt: none.
     */
    std::map<std::string, std::string> extra_specs = {};
    /** Leaves the hosts that see the LUN as they are. */
    bool keep_presentation = false;

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
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

/** What unmanage() takes. */
struct unmanage_request {
    /** The volume's name. */
    std::string name = {};

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
    void fill(zfssa_unmanage_args_t &c, detail::arguments &memory) const
    {
        c.name = memory.text(name);
    }
};

/** What get_manageable_snapshots() takes. */
struct get_manageable_snapshots_request {
    /**
     * Begin after the entry with this reference; nullopt: at the beginning. An entry that is not
     * there is an error.
     */
    std::optional<std::string> marker = {};
    /** At most so many entries; 0: all. */
    std::uint32_t limit = 0;
    /** Pass over so many entries, counted from the beginning or the marker. */
    std::uint32_t offset = 0;
    /** The snapshots that Cinder has on this backend. */
    std::vector<known> cinder_snapshots = {};
    /** reference or size, the most important first; nullopt: reference. */
    std::vector<std::string> sort_keys = {};
    /** asc or desc for each key; where one is missing, the last one given, or asc. */
    std::vector<std::string> sort_dirs = {};

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
    void fill(zfssa_get_manageable_snapshots_args_t &c, detail::arguments &memory) const
    {
        c.marker = memory.text(marker);
        c.limit = limit;
        c.offset = offset;
        c.cinder_snapshots =
            memory.records<zfssa_known_t>(cinder_snapshots, c.cinder_snapshots_count);
        c.sort_keys = memory.texts(sort_keys, c.sort_keys_count);
        c.sort_dirs = memory.texts(sort_dirs, c.sort_dirs_count);
    }
};

/** What manage_existing_snapshot_get_size() takes. */
struct manage_existing_snapshot_get_size_request {
    /** The LUN's name. */
    std::string volume = {};
    /** The name that the snapshot has, Cinder's source-name. */
    std::string source_name = {};

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
    void fill(zfssa_manage_existing_snapshot_get_size_args_t &c, detail::arguments &memory) const
    {
        c.volume = memory.text(volume);
        c.source_name = memory.text(source_name);
    }
};

/** What manage_existing_snapshot() takes. */
struct manage_existing_snapshot_request {
    /** The LUN's name. */
    std::string volume = {};
    /** The name that it gets, such as snapshot-<uuid>. */
    std::string name = {};
    /** The name that the snapshot has, Cinder's source-name. */
    std::string source_name = {};

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
    void fill(zfssa_manage_existing_snapshot_args_t &c, detail::arguments &memory) const
    {
        c.volume = memory.text(volume);
        c.name = memory.text(name);
        c.source_name = memory.text(source_name);
    }
};

/** What unmanage_snapshot() takes. */
struct unmanage_snapshot_request {
    /** The LUN's name. */
    std::string volume = {};
    /** The snapshot's name. */
    std::string name = {};

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
    void fill(zfssa_unmanage_snapshot_args_t &c, detail::arguments &memory) const
    {
        c.volume = memory.text(volume);
        c.name = memory.text(name);
    }
};

/** What retype() takes. */
struct retype_request {
    /** The LUN's name. */
    std::string name = {};
    /** The extra specs of the new volume type. nullopt: none. */
    std::map<std::string, std::string> extra_specs = {};

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
    void fill(zfssa_retype_args_t &c, detail::arguments &memory) const
    {
        c.name = memory.text(name);
        c.extra_specs = memory.pairs(extra_specs, c.extra_specs_count);
    }
};

/** What migrate_volume() takes. */
struct migrate_volume_request {
    /** The LUN's name. */
    std::string name = {};
    /**
     * location_info among the capabilities of the destination, as get_volume_stats() or the former
     * driver gives it there. nullopt: it has none, which is a reason to decline.
     */
    std::optional<std::string> location_info = {};
    /** Cinder's status of the volume; nullopt: it has none. */
    std::optional<std::string> status = {};
    /** vendor_name among the capabilities of the destination; nullopt: it is known to be right. */
    std::optional<std::string> vendor_name = {};
    /** storage_protocol among them; nullopt: it is known to be right. */
    std::optional<std::string> storage_protocol = {};
    /**
     * The user on the destination; nullopt: the option zfssa_migration_destinations names it.
     * Recovery after a crash knows the option alone.
     */
    std::optional<std::string> login = {};
    /** The user's password; nullopt without a login. It is copied and the copy wiped after use. */
    std::optional<std::string> password = {};

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
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

/** What update_migrated_volume() takes. */
struct update_migrated_volume_request {
    /** The name of the volume that was migrated. */
    std::string original_name = {};
    /** The name that the copy on this backend has. */
    std::string current_name = {};
    /** Cinder's id of the copy; nullopt: taken from its name. */
    std::optional<std::string> current_id = {};
    /** The GUID of the copy, as its provider id says; nullopt: not known. */
    std::optional<std::string> current_guid = {};

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
    void fill(zfssa_update_migrated_volume_args_t &c, detail::arguments &memory) const
    {
        c.original_name = memory.text(original_name);
        c.current_name = memory.text(current_name);
        c.current_id = memory.text(current_id);
        c.current_guid = memory.text(current_guid);
    }
};

/** What update_provider_info() takes. */
struct update_provider_info_request {
    /** Volumes on this backend. */
    std::vector<known> volumes = {};
    /** Snapshots on this backend. */
    std::vector<known_snapshot> snapshots = {};

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
    void fill(zfssa_update_provider_info_args_t &c, detail::arguments &memory) const
    {
        c.volumes =
            memory.records<zfssa_known_t>(volumes, c.volumes_count);
        c.snapshots =
            memory.records<zfssa_known_snapshot_t>(snapshots, c.snapshots_count);
    }
};

/** What create_group() takes. */
struct create_group_request {
    /** Cinder's id. */
    std::string id = {};

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
    void fill(zfssa_create_group_args_t &c, detail::arguments &memory) const
    {
        c.id = memory.text(id);
    }
};

/** What update_group() takes. */
struct update_group_request {
    /** Cinder's id. */
    std::string id = {};
    /** The names of volumes that are added. */
    std::vector<std::string> add_volumes = {};
    /** The names of volumes that are taken out. */
    std::vector<std::string> remove_volumes = {};

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
    void fill(zfssa_update_group_args_t &c, detail::arguments &memory) const
    {
        c.id = memory.text(id);
        c.add_volumes = memory.texts(add_volumes, c.add_volumes_count);
        c.remove_volumes = memory.texts(remove_volumes, c.remove_volumes_count);
    }
};

/** What delete_group() takes. */
struct delete_group_request {
    /** Cinder's id. */
    std::string id = {};
    /** The names of its volumes. */
    std::vector<std::string> volumes = {};

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
    void fill(zfssa_delete_group_args_t &c, detail::arguments &memory) const
    {
        c.id = memory.text(id);
        c.volumes = memory.texts(volumes, c.volumes_count);
    }
};

/** What create_group_snapshot() takes. */
struct create_group_snapshot_request {
    /** Cinder's id. */
    std::string id = {};
    /** The volumes and their snapshots. */
    std::vector<group_member> members = {};

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
    void fill(zfssa_create_group_snapshot_args_t &c, detail::arguments &memory) const
    {
        c.id = memory.text(id);
        c.members =
            memory.records<zfssa_group_member_t>(members, c.members_count);
    }
};

/** What delete_group_snapshot() takes. */
struct delete_group_snapshot_request {
    /** Cinder's id. */
    std::string id = {};
    /** The volumes and their snapshots. */
    std::vector<group_member> members = {};

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
    void fill(zfssa_delete_group_snapshot_args_t &c, detail::arguments &memory) const
    {
        c.id = memory.text(id);
        c.members =
            memory.records<zfssa_group_member_t>(members, c.members_count);
    }
};

/** What create_group_from_src() takes. */
struct create_group_from_src_request {
    /** Cinder's id. */
    std::string id = {};
    /** The volumes of the new group. */
    std::vector<group_clone> volumes = {};

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
    void fill(zfssa_create_group_from_src_args_t &c, detail::arguments &memory) const
    {
        c.id = memory.text(id);
        c.volumes =
            memory.records<zfssa_group_clone_t>(volumes, c.volumes_count);
    }
};

/** What recover() takes. */
struct recover_request {
    /**
     * Ids of operations whose processes are dead, whose results the host never got, and whose
     * journals may be lost: what they made is looked for and taken away. nullopt: none.
     */
    std::vector<std::string> operations = {};

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
    void fill(zfssa_recover_args_t &c, detail::arguments &memory) const
    {
        c.operations = memory.texts(operations, c.operations_count);
    }
};

/** What audit() takes. */
struct audit_request {
    /** The names of all volumes that the host has on this backend. */
    std::vector<std::string> volumes = {};
    /** The names of all snapshots that the host has on this backend. */
    std::vector<std::string> snapshots = {};
    /** Seconds; what is younger is passed over. 0: an hour. */
    std::uint64_t min_age_s = 0;
    /**
     * Deletes temporary snapshots and cached images that nothing depends on, takes migrations back
     * that nobody goes on with, and recovers journals.
     */
    bool fix = false;
    /**
     * Deletes volumes that the host does not know, too. Refused with an empty list of volumes. A
     * volume is deleted only if it has been one for min_age_s: since it was made, managed, renamed
     * or migrated here. One of which that is not known, such as a volume of the former driver, is
     * reported and never deleted.
     */
    bool fix_volumes = false;
    /** Passes over nothing, however young. */
    bool any_age = false;

    /** Fills the structure of zfssa.h, whose texts and lists live in `memory`. */
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
    }
};

namespace detail {

/** The operations of a driver. Each is submitted at once, and none blocks. */
template <typename Driver> class operations {
public:

    /**
     * Waits, then answers with what it was given. Touches no appliance: for tests of hosts and
     * bindings.
     */
    future<echoed_view> echo(const echo_request &request,
                             const call_options &options)
    {
        return run<echoed_view>(zfssa_echo, request, options);
    }
    future<echoed_view> echo(const echo_request &request)
    {
        return echo(request, call_options());
    }
    future<echoed_view> echo()
    {
        return echo(echo_request(), call_options());
    }

    /**
     * Fetches the certificate of the appliance without trusting it or logging in, so that an
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
     * Checks everything that an operation will need. The message of ZFSSA_E_SETUP_INCOMPLETE lists
     * every finding, and so does that of any other error, as far as it could be looked at.
     *
     * A portal that this host cannot reach within 3 seconds, and an interface on which the target
     * does not listen, are warnings: hosts may reach the target all the same.
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
     * Makes what the backend needs and does not find: projects, custom properties, initiators,
     * initiator groups, the target and its group. What exists is kept and added to, never replaced.
     *
     * Nothing is undone when a part fails: the error names what was made or changed by then
     * (outcome ZFSSA_OUTCOME_PARTIAL, or ZFSSA_OUTCOME_UNKNOWN where a change is in doubt), and the
     * same call again goes on from there. CHAP secrets cannot be read, so each call sets them.
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

    /** Reads the capacity of the backend. */
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
     * Creates a volume: a LUN presented to nobody.
     *
     * May be repeated: a volume of this name, size and kind is answered with `created` 0; one that
     * differs is ZFSSA_E_VOLUME_EXISTS.
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
     * Deletes a volume. One that does not exist is deleted already. One with snapshots or clones is
     * ZFSSA_E_VOLUME_BUSY and stays untouched: nothing is left to a cascade. Snapshots that the
     * appliance made for itself, by a schedule or for replication, go with the volume. The
     * temporary snapshot that a clone came from goes with the clone; where a deletion was cut off
     * between the two and journals are not kept, deleting the volume once more deletes the
     * snapshot.
     */
    future<deleted_view> delete_volume(const delete_volume_request &request,
                                       const call_options &options)
    {
        return run<deleted_view>(zfssa_delete_volume, request, options);
    }
    future<deleted_view> delete_volume(const delete_volume_request &request)
    {
        return delete_volume(request, call_options());
    }

    /**
     * Grows a volume. One that is as large or larger already is left as it is: volumes never
     * shrink.
     */
    future<volume_view> extend_volume(const extend_volume_request &request,
                                      const call_options &options)
    {
        return run<volume_view>(zfssa_extend_volume, request, options);
    }
    future<volume_view> extend_volume(const extend_volume_request &request)
    {
        return extend_volume(request, call_options());
    }

    /** Looks one volume up. */
    future<volume_view> get_volume(const get_volume_request &request,
                                   const call_options &options)
    {
        return run<volume_view>(zfssa_get_volume, request, options);
    }
    future<volume_view> get_volume(const get_volume_request &request)
    {
        return get_volume(request, call_options());
    }

    /** Lists the volumes of the backend's project. */
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
     * Takes a snapshot of a volume.
     *
     * May be repeated: a snapshot of this name on this volume is answered with `created` 0.
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
     * Deletes a snapshot. One that does not exist is deleted already. One with clones is
     * ZFSSA_E_SNAPSHOT_BUSY and stays untouched.
     */
    future<deleted_view> delete_snapshot(const delete_snapshot_request &request,
                                         const call_options &options)
    {
        return run<deleted_view>(zfssa_delete_snapshot, request, options);
    }
    future<deleted_view> delete_snapshot(const delete_snapshot_request &request)
    {
        return delete_snapshot(request, call_options());
    }

    /** Lists the snapshots of one volume, or with one request those of all. */
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
     * Sets a volume back to what it was when a snapshot was taken, and keeps its size. What was
     * written since is lost. Newer snapshots and their clones stand in the way: they are named and
     * stay untouched, ZFSSA_E_REVERT_BLOCKED. One taken in the same second counts as newer. A
     * volume that a host sees is ZFSSA_E_VOLUME_BUSY.
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

    /** Makes a volume from a snapshot, grown to its size where that is larger. */
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
     * Makes a volume from another volume, by way of a temporary snapshot that lives as long as the
     * new volume does.
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
     * Makes a volume from an image, by way of the cache. The first volume of an image has the image
     * written; those after it are clones. That the cache declines is no failure.
     *
     * A transfer that fails, is cancelled or runs out of time leaves no cache entry. While the host
     * transfers, the operation waits for its word as long as its time limit lets it, so give it one
     * that suits the image.
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

    /** Presents a volume to the host of an initiator, beside the hosts that have it already. */
    future<connection_view> initialize_connection(const initialize_connection_request &request,
                                                  const call_options &options)
    {
        return run<connection_view>(zfssa_initialize_connection, request, options);
    }
    future<connection_view> initialize_connection(const initialize_connection_request &request)
    {
        return initialize_connection(request, call_options());
    }

    /** Takes a volume away from one host, or from all, and from nobody else. */
    future<detached_view> terminate_connection(const terminate_connection_request &request,
                                               const call_options &options)
    {
        return run<detached_view>(zfssa_terminate_connection, request, options);
    }
    future<detached_view> terminate_connection(const terminate_connection_request &request)
    {
        return terminate_connection(request, call_options());
    }

    /** Prepares a volume for attachment. The appliance needs nothing: no request is sent. */
    future<nothing> create_export(const create_export_request &request,
                                  const call_options &options)
    {
        return run<nothing>(zfssa_create_export, request, options);
    }
    future<nothing> create_export(const create_export_request &request)
    {
        return create_export(request, call_options());
    }

    /** Called by Cinder for each volume in use at its start. No request is sent. */
    future<nothing> ensure_export(const ensure_export_request &request,
                                  const call_options &options)
    {
        return run<nothing>(zfssa_ensure_export, request, options);
    }
    future<nothing> ensure_export(const ensure_export_request &request)
    {
        return ensure_export(request, call_options());
    }

    /** Undoes create_export(). No request is sent. */
    future<nothing> remove_export(const remove_export_request &request,
                                  const call_options &options)
    {
        return run<nothing>(zfssa_remove_export, request, options);
    }
    future<nothing> remove_export(const remove_export_request &request)
    {
        return remove_export(request, call_options());
    }

    /** Lists the LUNs of the backend's project and says of each whether it may be managed. */
    future<manageable_view> get_manageable_volumes(const get_manageable_volumes_request &request,
                                                   const call_options &options)
    {
        return run<manageable_view>(zfssa_get_manageable_volumes, request, options);
    }
    future<manageable_view> get_manageable_volumes(const get_manageable_volumes_request &request)
    {
        return get_manageable_volumes(request, call_options());
    }
    future<manageable_view> get_manageable_volumes()
    {
        return get_manageable_volumes(get_manageable_volumes_request(), call_options());
    }

    /** Says how large an existing LUN is. Cinder asks before it calls manage_existing(). */
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
     * Takes an existing LUN under management: it gets the volume's name and the property
     * cinder_managed, and nobody sees it any more, in one change. Refused is a LUN that is managed
     * already, one that the option zfssa_manage_policy does not allow, and one that is not what the
     * volume type says. Its snapshots are named, since they keep the volume from being deleted.
     *
     * May be repeated: a LUN that has the name and is managed is answered with `changed` 0.
     */
    future<managed_view> manage_existing(const manage_existing_request &request,
                                         const call_options &options)
    {
        return run<managed_view>(zfssa_manage_existing, request, options);
    }
    future<managed_view> manage_existing(const manage_existing_request &request)
    {
        return manage_existing(request, call_options());
    }

    /** Lets a volume go: its LUN stays, is called unmanaged-<name>, and can be managed again. */
    future<unmanaged_view> unmanage(const unmanage_request &request,
                                    const call_options &options)
    {
        return run<unmanaged_view>(zfssa_unmanage, request, options);
    }
    future<unmanaged_view> unmanage(const unmanage_request &request)
    {
        return unmanage(request, call_options());
    }

    /**
     * Lists the snapshots in the backend's project and says of each whether it may be managed. As
     * snapshots of two volumes may have one name, the marker may also be <volume>@<snapshot>.
     */
    future<manageable_view> get_manageable_snapshots(
        const get_manageable_snapshots_request &request,
        const call_options &options)
    {
        return run<manageable_view>(zfssa_get_manageable_snapshots, request, options);
    }
    future<manageable_view> get_manageable_snapshots(
        const get_manageable_snapshots_request &request)
    {
        return get_manageable_snapshots(request, call_options());
    }
    future<manageable_view> get_manageable_snapshots()
    {
        return get_manageable_snapshots(get_manageable_snapshots_request(), call_options());
    }

    /**
     * Says how large a volume made from an existing snapshot would be: as large as its volume is
     * now.
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
     * Takes a snapshot of a volume under management: it gets the name that Cinder will look for.
     * Refused is one whose name says that it belongs to Cinder or to a clone already.
     *
     * May be repeated: where the old name is gone and the new one is there, `changed` is 0.
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

    /** Lets a snapshot go: it stays, is called unmanaged-<name>, and can be managed again. */
    future<unmanaged_view> unmanage_snapshot(const unmanage_snapshot_request &request,
                                             const call_options &options)
    {
        return run<unmanaged_view>(zfssa_unmanage_snapshot, request, options);
    }
    future<unmanaged_view> unmanage_snapshot(const unmanage_snapshot_request &request)
    {
        return unmanage_snapshot(request, call_options());
    }

    /**
     * Makes a volume what a new volume of the type would be, as far as that is possible in place:
     * compression, write bias and provisioning. The block size cannot be changed: `in_place` is 0
     * then, and nothing was changed.
     */
    future<retyped_view> retype(const retype_request &request,
                                const call_options &options)
    {
        return run<retyped_view>(zfssa_retype, request, options);
    }
    future<retyped_view> retype(const retype_request &request)
    {
        return retype(request, call_options());
    }

    /**
     * Moves a volume to another appliance by replication; under its name it is a volume of the
     * backend there. Where that cannot be done it declines, which is a result and not an error:
     * copy the bytes then. After an error the volume is where it was, unless the outcome says
     * otherwise. It takes the time that the data take, so give a time limit that fits the volume.
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
     * Gives a volume that was migrated to this backend the name of the volume that it replaces.
     * Where that name is taken, the volume keeps its own, and `name_id` says so. May be repeated
     * where the GUID is given.
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

    /**
     * Says which of the volumes and snapshots that Cinder knows exist, and by which ids the
     * appliance knows them.
     */
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

    /** Makes a group. The appliance needs nothing: no request is sent. */
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
     * Adds volumes to a group and takes others out. Nothing is changed on the appliance; volumes
     * that are added must exist.
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
     * Deletes the volumes of a group, clones within it first, and says of each what became of it.
     */
    future<group_deleted_view> delete_group(const delete_group_request &request,
                                            const call_options &options)
    {
        return run<group_deleted_view>(zfssa_delete_group, request, options);
    }
    future<group_deleted_view> delete_group(const delete_group_request &request)
    {
        return delete_group(request, call_options());
    }

    /**
     * Takes a snapshot of all volumes of a group at one instant, or none at all. May be repeated
     * under one id.
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

    /** Deletes the snapshots of a group, and says of each what became of it. */
    future<group_deleted_view> delete_group_snapshot(const delete_group_snapshot_request &request,
                                                     const call_options &options)
    {
        return run<group_deleted_view>(zfssa_delete_group_snapshot, request, options);
    }
    future<group_deleted_view> delete_group_snapshot(const delete_group_snapshot_request &request)
    {
        return delete_group_snapshot(request, call_options());
    }

    /**
     * Makes the volumes of a group from the snapshots of another, or from its volumes at one
     * instant. All or none.
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
     * Finishes or rolls back what processes that died left of their operations. do_setup() does it
     * too. May be called at any time and again.
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
     * Looks for objects without an owner: volumes, snapshots, cached images, leftovers of
     * migrations, journals. Without flags nothing is changed. With them only that is deleted which
     * carries the engine's mark and has nothing that depends on it.
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
