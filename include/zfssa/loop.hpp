/* Where completions come back, and who is told of them. Part of zfssa.hpp. */
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

/** How an operation is called; what is left out has the configured value. */
struct call_options {
    /** The time for the whole operation: login, every retry, every poll. Negative: no limit. */
    std::optional<std::chrono::milliseconds> timeout = std::nullopt;
    /** The operation's id, by which the same call knows its own work when it is made again. */
    std::string operation_id = {};
    /**
     * Is told how far the operation is, in the thread that takes it from the loop. It must not
     * wait for anything; what it throws is dropped.
     */
    std::function<void(const zfssa_progress_t &)> progress = {};
};

/** No limit of time. */
inline constexpr std::chrono::milliseconds no_limit{-1};

namespace detail {

using owned_result = owned<zfssa_result_t, zfssa_result_free>;

/** One operation that was submitted. Everything in it is guarded by the loop's lock. */
struct pending {
    zfssa_ticket_t ticket = 0;
    bool done = false;
    owned_result result;
    std::function<void(const zfssa_progress_t &)> progress;
    /** Goes on with the coroutine that waits for it. */
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

    /** When a time limit from now ends; a year and more is for ever. */
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
            // The completion may be taken by another thread before this returns.
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

    /** Waits for one operation and resumes nobody. Whether it is done. */
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

    /** Has `resume` called when the operation is done; false when it is done already. */
    bool when_done(pending &operation, std::function<void()> resume)
    {
        const std::lock_guard<std::mutex> held(lock_);
        if (operation.done)
            return false;
        operation.resume = std::move(resume);
        return true;
    }

    /** The one who waited is gone. */
    void forget(pending &operation)
    {
        const std::lock_guard<std::mutex> held(lock_);
        operation.resume = nullptr;
    }

    /** Resumes who can be resumed until `enough` says so or the time is over: whether it did. */
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

    /** Resumes one, waiting for it until the time is over: whether there was one. */
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

    /** Whether nothing is in flight and nobody waits to be resumed. The lock is held. */
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
            throw error(ZFSSA_E_LOCAL_IO, "no file descriptor for a loop: " + why);
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
        // 0 would mean the configured limit.
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
     * Takes what arrived, or waits until somebody else did. One thread at a time asks the queue,
     * so that the one whose operation ended is never left asleep in it. False when the time is
     * over.
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

    /** Calls a function of the host's without the lock. It must not cost us the next events. */
    template <typename Function, typename Told>
    static void tell(std::unique_lock<std::mutex> &held, Function function, const Told &told)
    {
        if (!function)
            return;
        held.unlock();
        try {
            function(told);
        } catch (...) {
            // Documented to be dropped.
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
            // What somebody waits for may be done now, without an event.
            changed_.notify_all();
            if (taking_)
                call(zfssa_queue_wake, queue_.get());
            return true;
        }
        return false;
    }

    /** Makes the file descriptor readable while somebody can be resumed. */
    void tell_ready(std::uint64_t readable)
    {
        if (ready_fd_ < 0)
            return;
        std::uint64_t number = 1;
        const ssize_t moved = readable != 0 ? write(ready_fd_, &number, sizeof number)
                                            : read(ready_fd_, &number, sizeof number);
        // A counter that is as it should be already says EAGAIN.
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

/** Where completions come back, for one driver or several. A copy is the same loop. */
class loop {
public:
    loop() : core_(std::make_shared<detail::loop_core>()) {}

    /** Resumes coroutines until no operation is in flight. Blocks. */
    void run()
    {
        core_->run_until([this] { return core_->idle(); }, std::nullopt);
    }

    /** Runs a task of task.hpp to its end and gives what it gives. Blocks. */
    template <typename Task> auto run(Task task)
    {
        task.start();
        core_->run_until([&task] { return task.done(); }, std::nullopt);
        return task.get();
    }

    /** Resumes one coroutine, waiting for it at most so long: whether there was one. */
    bool run_one(std::chrono::milliseconds timeout = no_limit)
    {
        return core_->run_one(detail::loop_core::after(timeout));
    }

    /** Resumes all coroutines that can be resumed now: how many. Does not block. */
    std::size_t poll()
    {
        std::size_t count = 0;
        while (run_one(std::chrono::milliseconds(0)))
            count++;
        return count;
    }

    /**
     * A file descriptor for poll(), epoll and the like: readable while there is something to do
     * for poll(). Only to be polled; it is the loop's and goes with it.
     */
    int fd() { return core_->fd(); }

    /**
     * Is told of events of kinds that these headers do not know, in the thread that took them.
     * The event is the loop's. What the function throws is dropped.
     */
    void on_event(std::function<void(const zfssa_event_t &)> function)
    {
        core_->on_event(std::move(function));
    }

    /** The queue of zfssa.h. Nobody else may take events from it. */
    zfssa_queue_t *handle() const noexcept { return core_->queue(); }

    /** For the library's own headers. */
    const std::shared_ptr<detail::loop_core> &core() const noexcept { return core_; }

private:
    std::shared_ptr<detail::loop_core> core_;
};

} // namespace zfssa

#endif
