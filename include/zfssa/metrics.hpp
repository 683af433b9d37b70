/* Metrics of a driver. Part of zfssa.hpp. */
#ifndef ZFSSA_METRICS_HPP
#define ZFSSA_METRICS_HPP

#include <cstdint>
#include <string_view>

#include "error.hpp"

namespace zfssa {

/** Snapshot of a driver's metrics, by driver::metrics(). It may outlive the driver. */
class metrics {
public:
    /** Takes ownership of a C handle. */
    explicit metrics(zfssa_metrics_t *handle) noexcept : handle_(handle) {}

    /** Returns the numbers, which belong to this object. */
    const zfssa_metric_values_t &values() const noexcept
    {
        return *zfssa_metrics_values(handle_.get());
    }

    /** Returns the Prometheus text format, version 0.0.4. The text belongs to this object. */
    std::string_view prometheus() const noexcept
    {
        std::uint64_t length = 0;
        const char *text = zfssa_metrics_prometheus(handle_.get(), &length);
        return {text, static_cast<std::size_t>(length)};
    }

private:
    detail::owned<zfssa_metrics_t, zfssa_metrics_free> handle_;
};

} // namespace zfssa

#endif
