/* One backend. Part of zfssa.hpp. */
#ifndef ZFSSA_DRIVER_HPP
#define ZFSSA_DRIVER_HPP

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "config.hpp"
#include "future.hpp"
#include "loop.hpp"
#include "operations.hpp"

namespace zfssa {

/** What close() does with the operations in flight. */
enum class closing : std::uint32_t {
    /** They end by themselves. */
    drain = ZFSSA_CLOSE_DRAIN,
    /** They are stopped, and undo the steps they made. */
    cancel = ZFSSA_CLOSE_CANCEL,
};

/**
 * One backend: an appliance, a pool and a project. Its operations are the methods of
 * detail::operations: driver.create_volume(request) and so on.
 *
 * Destruction does not block: operations in flight are stopped and end with ZFSSA_E_SHUTDOWN.
 */
class driver : public detail::operations<driver> {
public:
    /** A driver with a loop of its own. Sends nothing. Throws ZFSSA_E_CONFIG. */
    explicit driver(const config &config) : driver(config, zfssa::loop()) {}

    /** A driver whose completions come back on a loop that others may use, too. */
    driver(const config &config, zfssa::loop loop) : loop_(std::move(loop))
    {
        zfssa_driver_t *made = nullptr;
        detail::call(zfssa_driver_new, config.handle(), &made);
        handle_.reset(made);
    }

    /** Where its completions come back. */
    zfssa::loop &loop() noexcept { return loop_; }

    /**
     * Takes no more operations, waits at most so long for those in flight, and logs out: whether
     * all was done. If not, it goes on, and this may be called again. Blocks.
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
     * Sets the function that takes the log, in place of the one before, which is not running any
     * more when this returns. It is called on a thread of the library's, one record at a time;
     * what it throws is dropped. `level`: one of the ZFSSA_LOG_ numbers.
     */
    void set_log(std::uint32_t level, std::function<void(const zfssa_log_record_t &)> function)
    {
        auto kept = std::make_unique<log_function>(std::move(function));
        detail::call(zfssa_driver_set_log, handle(), level, &tell, static_cast<void *>(kept.get()),
                     &drop);
        // From here on the library has it.
        static_cast<void>(kept.release());
    }

    /** The object of zfssa.h, which stays this one's. */
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
            // The library's thread cannot take it, and a log must not end the program.
        }
    }

    static void drop(void *context) noexcept { delete static_cast<log_function *>(context); }

    zfssa::loop loop_;
    detail::owned<zfssa_driver_t, zfssa_driver_free> handle_;
};

} // namespace zfssa

#endif
