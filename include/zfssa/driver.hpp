/* Driver of a backend. Part of zfssa.hpp. */
#ifndef ZFSSA_DRIVER_HPP
#define ZFSSA_DRIVER_HPP

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "config.hpp"
#include "future.hpp"
#include "loop.hpp"
#include "metrics.hpp"
#include "operations.hpp"

namespace zfssa {

/** Treatment of the operations in flight by close(). */
enum class closing : std::uint32_t {
    /** Wait until they have completed. */
    drain = ZFSSA_CLOSE_DRAIN,
    /** Cancel them; they roll back. */
    cancel = ZFSSA_CLOSE_CANCEL,
};

/**
 * Driver of a backend: an appliance, a pool and a project. Its operations are the methods of
 * detail::operations, such as driver.create_volume(request).
 *
 * The destructor does not block. It cancels operations in flight, which complete with
 * ZFSSA_E_SHUTDOWN.
 */
class driver : public detail::operations<driver> {
public:
    /** Creates a driver with its own loop. Sends no request. Throws ZFSSA_E_CONFIG. */
    explicit driver(const config &config) : driver(config, zfssa::loop()) {}

    /** Creates a driver that uses the given loop, which it may share with other drivers. */
    driver(const config &config, zfssa::loop loop) : loop_(std::move(loop))
    {
        zfssa_driver_t *made = nullptr;
        detail::call(zfssa_driver_new, config.handle(), &made);
        handle_.reset(made);
    }

    /** Returns the loop that receives the completions. */
    zfssa::loop &loop() noexcept { return loop_; }

    /**
     * Refuses new operations, waits for those in flight, and logs out. Blocks for up to `timeout`;
     * negative for no timeout. Returns false after the timeout; closing then continues in the
     * background, and the function may be called again.
     */
    bool close(closing how, std::chrono::milliseconds timeout = no_limit)
    {
        zfssa_error_t *raw = nullptr;
        const zfssa_status_t status = zfssa_driver_close(
            handle(), static_cast<std::uint32_t>(how), timeout.count() < 0 ? -1 : timeout.count(),
            &raw);
        if (status == ZFSSA_E_TIMED_OUT) {
            zfssa_error_free(raw);
            return false;
        }
        detail::check(status, raw);
        return true;
    }

    /**
     * Replaces the log callback. On return the previous callback is not running and will not be
     * called again. The library calls it on its own thread, for one record at a time. Exceptions of
     * the callback are ignored. `level` is one of the ZFSSA_LOG_ constants.
     */
    void set_log(std::uint32_t level, std::function<void(const zfssa_log_record_t &)> function)
    {
        auto kept = std::make_unique<log_function>(std::move(function));
        detail::call(zfssa_driver_set_log, handle(), level, &tell, static_cast<void *>(kept.get()),
                     &drop);
        // The library owns it now and frees it with drop().
        static_cast<void>(kept.release());
    }

    /** Takes a snapshot of the metrics. Does not block. */
    zfssa::metrics metrics() const
    {
        zfssa_metrics_t *made = nullptr;
        detail::call(zfssa_driver_metrics, handle(), &made);
        return zfssa::metrics(made);
    }

    /** Returns the C handle, which this object still owns. */
    zfssa_driver_t *handle() const noexcept { return handle_.get(); }

private:
    friend class detail::operations<driver>;
    using log_function = std::function<void(const zfssa_log_record_t &)>;

    template <typename View, typename Function, typename Arguments>
    future<View> submit(Function function, const Arguments &arguments, const call_options &options)
    {
        return future<View>(loop_.core(),
                            loop_.core()->submit(function, handle(), arguments, options));
    }

    static void tell(void *context, const zfssa_log_record_t *record) noexcept
    {
        try {
            (*static_cast<log_function *>(context))(*record);
        } catch (...) {
            // Ignore it: an exception must not cross the ABI.
        }
    }

    static void drop(void *context) noexcept { delete static_cast<log_function *>(context); }

    zfssa::loop loop_;
    detail::owned<zfssa_driver_t, zfssa_driver_free> handle_;
};

} // namespace zfssa

#endif
