/* A coroutine that awaits operations, for programs that have no such type. Part of zfssa.hpp. */
#ifndef ZFSSA_TASK_HPP
#define ZFSSA_TASK_HPP

#include "future.hpp"

#ifdef ZFSSA_HAS_COROUTINES

#include <atomic>
#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

namespace zfssa {

template <typename Value> class task;

namespace detail {

class promise_base {
public:
    std::suspend_always initial_suspend() noexcept { return {}; }
    void unhandled_exception() noexcept { failure_ = std::current_exception(); }
    bool done() const noexcept { return waiting_.load(std::memory_order_acquire) == this; }

    /** Whether this is the first to begin it. */
    bool begin() noexcept { return !std::exchange(begun_, true); }

    /** Has `waiting` go on at the end; false when that is here already. */
    bool continue_with(std::coroutine_handle<> waiting) noexcept
    {
        void *nobody = nullptr;
        return waiting_.compare_exchange_strong(nobody, waiting.address(),
                                                std::memory_order_acq_rel);
    }

    /** Goes on with whoever awaits the task. */
    struct finish {
        bool await_ready() const noexcept { return false; }
        template <typename Promise>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) const noexcept
        {
            // The frame may be gone as soon as another thread sees this.
            promise_base &promise = ended.promise();
            void *waiting = promise.waiting_.exchange(&promise, std::memory_order_acq_rel);
            if (waiting == nullptr)
                return std::noop_coroutine();
            return std::coroutine_handle<>::from_address(waiting);
        }
        void await_resume() const noexcept {}
    };
    finish final_suspend() noexcept { return {}; }

protected:
    void rethrow() const
    {
        if (failure_)
            std::rethrow_exception(failure_);
    }

private:
    /** Nobody, the coroutine that waits, or this very promise after the end. */
    std::atomic<void *> waiting_{nullptr};
    std::exception_ptr failure_;
    bool begun_ = false;
};

template <typename Value> class promise : public promise_base {
public:
    task<Value> get_return_object();
    template <typename Given> void return_value(Given &&value)
    {
        value_.emplace(std::forward<Given>(value));
    }
    Value take()
    {
        rethrow();
        return std::move(*value_);
    }

private:
    std::optional<Value> value_;
};

template <> class promise<void> : public promise_base {
public:
    task<void> get_return_object();
    void return_void() noexcept {}
    void take() const { rethrow(); }
};

} // namespace detail

/**
 * A coroutine. It begins when it is awaited, or with start(); loop::run() does that and waits. A
 * task that is thrown away before its end is not resumed any more; the operation it waits for
 * goes on by itself.
 */
template <typename Value = void> class [[nodiscard]] task {
public:
    using promise_type = detail::promise<Value>;

    explicit task(std::coroutine_handle<promise_type> coroutine) : coroutine_(coroutine) {}
    task(task &&other) noexcept : coroutine_(std::exchange(other.coroutine_, nullptr)) {}
    task &operator=(task &&other) noexcept
    {
        std::swap(coroutine_, other.coroutine_);
        return *this;
    }
    ~task()
    {
        if (coroutine_)
            coroutine_.destroy();
    }

    /** Runs to the first point where it must wait, unless it did that already. */
    void start()
    {
        if (coroutine_.promise().begin())
            coroutine_.resume();
    }

    /** Whether it has ended. */
    bool done() const noexcept { return coroutine_.promise().done(); }

    /** What it gave, once it is done; throws what it ended with. */
    Value get() { return coroutine_.promise().take(); }

    /** Begins it unless that was done, and goes on when it has ended. For one waiting coroutine. */
    auto operator co_await() noexcept
    {
        struct awaiter {
            std::coroutine_handle<promise_type> coroutine;
            bool await_ready() const noexcept { return coroutine.promise().done(); }
            std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiting) noexcept
            {
                promise_type &promise = coroutine.promise();
                const bool first = promise.begin();
                if (!promise.continue_with(waiting))
                    return waiting;
                if (first)
                    return coroutine;
                return std::noop_coroutine();
            }
            Value await_resume() { return coroutine.promise().take(); }
        };
        return awaiter{coroutine_};
    }

private:
    std::coroutine_handle<promise_type> coroutine_;
};

namespace detail {

template <typename Value> task<Value> promise<Value>::get_return_object()
{
    return task<Value>(std::coroutine_handle<promise<Value>>::from_promise(*this));
}

inline task<void> promise<void>::get_return_object()
{
    return task<void>(std::coroutine_handle<promise<void>>::from_promise(*this));
}

} // namespace detail

} // namespace zfssa

#endif

#endif
