/* Event loop that receives completions. Part of zfssa.hpp. */
#ifndef ZFSSA_LOOP_HPP
#define ZFSSA_LOOP_HPP

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "error.hpp"

namespace zfssa {

/** Options of a call. */
struct call_options {
    /** Timeout of the whole operation, including login, retries and polling. Negative: no timeout;
     * nullopt: the option zfssa_operation_timeout. */
    std::optional<std::chrono::milliseconds> timeout = std::nullopt;
    /** Operation id, stored in the objects that the operation creates, so that a repeated call
     * recognizes them. */
    std::string operation_id = {};
    /** Trace context of the caller, as in the header traceparent of W3C Trace Context; empty for
     * none. Each request to the appliance is in this trace. */
    std::string traceparent = {};
    /**
     * Progress callback. It is called in a thread that handles events of the loop and must not
     * block. Its exceptions are ignored.
     */
    std::function<void(const zfssa_progress_t &)> progress = {};
};

/** No timeout. */
inline constexpr std::chrono::milliseconds no_limit{-1};

namespace detail {

using owned_result = owned<zfssa_result_t, zfssa_result_free>;

/** State of a submitted operation. The lock of the loop protects all members. */
struct pending {
    zfssa_ticket_t ticket = 0;
    bool done = false;
    owned_result result;
    std::function<void(const zfssa_progress_t &)> progress;
    /** Resumes the coroutine that waits for the operation. */
    std::function<void()> resume;
};

class loop_core {
public:
    using clock = std::chrono::steady_clock;
    using deadline = std::optional<clock::time_point>;

    loop_core()
    {
        zfssa_queue_t *made = nullptr;
        call(zfssa_queue_new, &made);
        queue_.reset(made);
    }

    loop_core(const loop_core &) = delete;
    loop_core &operator=(const loop_core &) = delete;

    ~loop_core()
    {
        for (const int fd : {poll_fd_, ready_fd_})
            if (fd >= 0)
                close(fd);
    }

    /** Converts a timeout to a deadline; none if it is negative or above one year. */
    template <typename Rep, typename Period>
    static deadline after(std::chrono::duration<Rep, Period> timeout)
    {
        if (timeout < timeout.zero() || timeout > std::chrono::hours(24 * 365))
            return std::nullopt;
        return clock::now() + std::chrono::duration_cast<clock::duration>(timeout);
    }

    template <typename Arguments>
    std::shared_ptr<pending>
    submit(zfssa_status_t (*function)(zfssa_driver_t *, const Arguments *, const zfssa_call_t *,
                                      zfssa_ticket_t *, zfssa_error_t **),
           zfssa_driver_t *driver, const Arguments &arguments, const call_options &options)
    {
        zfssa_call_t made;
        std::memset(&made, 0, sizeof made);
        made.size = sizeof made;
        if (options.timeout)
            made.timeout_ms = whole_milliseconds(*options.timeout);
        if (!options.operation_id.empty())
            made.operation_id = c_text(options.operation_id);
        if (!options.traceparent.empty())
            made.traceparent = c_text(options.traceparent);
        made.queue = queue_.get();

        auto operation = std::make_shared<pending>();
        if (options.progress) {
            made.flags |= ZFSSA_CALL_PROGRESS;
            operation->progress = options.progress;
        }
        {
            const std::lock_guard<std::mutex> held(lock_);
            made.user_data = ++last_id_;
            in_flight_.emplace(made.user_data, operation);
        }
        try {
            // Another thread may handle the completion before this call returns.
            zfssa_ticket_t ticket = 0;
            call(function, driver, &arguments, &made, &ticket);
            const std::lock_guard<std::mutex> held(lock_);
            operation->ticket = ticket;
        } catch (...) {
            const std::lock_guard<std::mutex> held(lock_);
            in_flight_.erase(made.user_data);
            throw;
        }
        return operation;
    }

    bool done(const pending &operation)
    {
        const std::lock_guard<std::mutex> held(lock_);
        return operation.done;
    }

    zfssa_ticket_t ticket(const pending &operation)
    {
        const std::lock_guard<std::mutex> held(lock_);
        return operation.ticket;
    }

    /** Waits for an operation without resuming coroutines. Returns false after the deadline. */
    bool wait(const pending &operation, deadline end)
    {
        std::unique_lock<std::mutex> held(lock_);
        while (!operation.done)
            if (!advance(held, end))
                return operation.done;
        return true;
    }

    owned_result take(pending &operation)
    {
        const std::lock_guard<std::mutex> held(lock_);
        return std::move(operation.result);
    }

    /** Sets `resume` to be called when the operation is done; false if it is done already. */
    bool when_done(pending &operation, std::function<void()> resume)
    {
        const std::lock_guard<std::mutex> held(lock_);
        if (operation.done)
            return false;
        operation.resume = std::move(resume);
        return true;
    }

    /** Removes the coroutine that waits for the operation. */
    void forget(pending &operation)
    {
        const std::lock_guard<std::mutex> held(lock_);
        operation.resume = nullptr;
    }

    /** Resumes coroutines until `enough` returns true. Returns false after the deadline. */
    template <typename Enough> bool run_until(Enough enough, deadline end)
    {
        std::unique_lock<std::mutex> held(lock_);
        for (;;) {
            if (enough())
                return true;
            if (resume_one(held))
                continue;
            if (!advance(held, end) && ready_.empty())
                return enough();
        }
    }

    /** Waits for a coroutine to resume, and resumes it. Returns false after the deadline. */
    bool run_one(deadline end)
    {
        std::unique_lock<std::mutex> held(lock_);
        for (;;) {
            if (resume_one(held))
                return true;
            if (!advance(held, end) && ready_.empty())
                return false;
        }
    }

    /** Whether no operation is in flight and no coroutine is to be resumed. The lock is held. */
    bool idle() const { return in_flight_.empty() && ready_.empty(); }

    int fd()
    {
        const std::lock_guard<std::mutex> held(lock_);
        if (poll_fd_ >= 0)
            return poll_fd_;
        std::int32_t queue = -1;
        call(zfssa_queue_fd, queue_.get(), &queue);
        const int ready = eventfd(ready_.empty() ? 0 : 1, EFD_CLOEXEC | EFD_NONBLOCK);
        const int both = epoll_create1(EPOLL_CLOEXEC);
        if (ready < 0 || both < 0 || !watch(both, queue) || !watch(both, ready)) {
            const std::string why = std::strerror(errno);
            if (ready >= 0)
                close(ready);
            if (both >= 0)
                close(both);
            throw error(ZFSSA_E_LOCAL_IO, "cannot create a file descriptor for a loop: " + why);
        }
        ready_fd_ = ready;
        return poll_fd_ = both;
    }

    void on_event(std::function<void(const zfssa_event_t &)> function)
    {
        const std::lock_guard<std::mutex> held(lock_);
        other_ = std::move(function);
    }

    zfssa_queue_t *queue() const noexcept { return queue_.get(); }

private:
    static std::int64_t whole_milliseconds(std::chrono::milliseconds timeout)
    {
        // 0 would select the configured timeout.
        if (timeout == timeout.zero())
            return 1;
        return timeout < timeout.zero() ? -1 : timeout.count();
    }

    static bool watch(int both, int one)
    {
        epoll_event event = {};
        event.events = EPOLLIN;
        return epoll_ctl(both, EPOLL_CTL_ADD, one, &event) == 0;
    }

    static std::int64_t left(deadline end)
    {
        if (!end)
            return -1;
        const auto time = std::chrono::ceil<std::chrono::milliseconds>(*end - clock::now());
        return time.count() > 0 ? time.count() : 0;
    }

    /**
     * Handles events, or waits while another thread does. Only one thread at a time waits for the
     * queue, so that a thread whose operation has completed is never left waiting there. Returns
     * false after the deadline.
     */
    bool advance(std::unique_lock<std::mutex> &held, deadline end)
    {
        if (taking_) {
            if (!end)
                return changed_.wait(held), true;
            return changed_.wait_until(held, *end) == std::cv_status::no_timeout;
        }
        zfssa_event_t events[64];
        std::uint32_t count = 0;
        zfssa_error_t *raw = nullptr;
        taking_ = true;
        held.unlock();
        const zfssa_status_t status =
            zfssa_queue_next(queue_.get(), events, sizeof events[0], 64, left(end), &count, &raw);
        held.lock();
        taking_ = false;
        changed_.notify_all();
        check(status, raw);
        for (std::uint32_t i = 0; i < count; i++)
            settle(held, events[i]);
        return count > 0;
    }

    void settle(std::unique_lock<std::mutex> &held, const zfssa_event_t &event)
    {
        owned_result result(event.result);
        const auto found = in_flight_.find(event.user_data);
        const bool known = found != in_flight_.end();
        if (event.kind == ZFSSA_EV_PROGRESS && known) {
            const auto *progress = zfssa_result_progress(event.result);
            if (progress != nullptr)
                tell(held, std::function(found->second->progress), *progress);
        } else if (event.kind != ZFSSA_EV_COMPLETION && event.kind != ZFSSA_EV_WAKE) {
            tell(held, std::function(other_), event);
        }
        if (event.kind != ZFSSA_EV_COMPLETION || !known)
            return;
        const std::shared_ptr<pending> operation = std::move(found->second);
        in_flight_.erase(found);
        operation->result = std::move(result);
        operation->done = true;
        if (operation->resume) {
            ready_.push_back(operation);
            tell_ready(1);
        }
    }

    /** Calls a callback without holding the lock. Ignores its exceptions, so that the remaining
     * events are still handled. */
    template <typename Function, typename Told>
    static void tell(std::unique_lock<std::mutex> &held, Function function, const Told &told)
    {
        if (!function)
            return;
        held.unlock();
        try {
            function(told);
        } catch (...) {
            // Ignored, as documented.
        }
        held.lock();
    }

    bool resume_one(std::unique_lock<std::mutex> &held)
    {
        while (!ready_.empty()) {
            const std::shared_ptr<pending> operation = std::move(ready_.front());
            ready_.pop_front();
            if (ready_.empty())
                tell_ready(0);
            const std::function<void()> resume = std::exchange(operation->resume, nullptr);
            if (!resume)
                continue;
            held.unlock();
            resume();
            held.lock();
            // The coroutine may have completed what another thread waits for, without an event.
            changed_.notify_all();
            if (taking_)
                call(zfssa_queue_wake, queue_.get());
            return true;
        }
        return false;
    }

    /** Makes the file descriptor readable while there are coroutines to resume. */
    void tell_ready(std::uint64_t readable)
    {
        if (ready_fd_ < 0)
            return;
        std::uint64_t number = 1;
        const ssize_t moved = readable != 0 ? write(ready_fd_, &number, sizeof number)
                                            : read(ready_fd_, &number, sizeof number);
        // EAGAIN if the counter has the right value already.
        static_cast<void>(moved);
    }

    owned<zfssa_queue_t, zfssa_queue_free> queue_;
    std::mutex lock_;
    std::condition_variable changed_;
    bool taking_ = false;
    std::uint64_t last_id_ = 0;
    std::unordered_map<std::uint64_t, std::shared_ptr<pending>> in_flight_;
    std::deque<std::shared_ptr<pending>> ready_;
    std::function<void(const zfssa_event_t &)> other_;
    int poll_fd_ = -1;
    int ready_fd_ = -1;
};

} // namespace detail

/** Event loop that receives the completions of one or more drivers. A copy is the same loop. */
class loop {
public:
    loop() : core_(std::make_shared<detail::loop_core>()) {}

    /** Resumes coroutines, and blocks until no operation is in flight. */
    void run()
    {
        core_->run_until([this] { return core_->idle(); }, std::nullopt);
    }

    /** Runs a task of task.hpp, blocks until it has completed, and returns its value. */
    template <typename Task> auto run(Task task)
    {
        task.start();
        core_->run_until([&task] { return task.done(); }, std::nullopt);
        return task.get();
    }

    /** Blocks for up to `timeout` for a coroutine to resume. Returns false if there was none. */
    bool run_one(std::chrono::milliseconds timeout = no_limit)
    {
        return core_->run_one(detail::loop_core::after(timeout));
    }

    /** Resumes all coroutines that are ready, without blocking. Returns their number. */
    std::size_t poll()
    {
        std::size_t count = 0;
        while (run_one(std::chrono::milliseconds(0)))
            count++;
        return count;
    }

    /**
     * Returns a file descriptor for poll() or epoll that is readable while poll() of the loop has
     * work to do. The loop owns it; do not read from it.
     */
    int fd() { return core_->fd(); }

    /**
     * Sets the callback for events of other kinds than these headers handle. It is called in the
     * thread that received the event. The loop owns the event. Exceptions are ignored.
     */
    void on_event(std::function<void(const zfssa_event_t &)> function)
    {
        core_->on_event(std::move(function));
    }

    /** Returns the C queue. Only the loop may take events from it. */
    zfssa_queue_t *handle() const noexcept { return core_->queue(); }

    /** For use by the other headers. */
    const std::shared_ptr<detail::loop_core> &core() const noexcept { return core_; }

private:
    std::shared_ptr<detail::loop_core> core_;
};

} // namespace zfssa

#endif
