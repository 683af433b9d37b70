/* Coroutine type for programs without one of their own. Part of zfssa.hpp. */
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

    /** Returns true to the first caller, which starts the coroutine. */
    bool begin() noexcept { return !std::exchange(begun_, true); }

    /** Sets the coroutine to resume at the end. Returns false if the end is reached already. */
    bool continue_with(std::coroutine_handle<> waiting) noexcept
    {
        void *nobody = nullptr;
        return waiting_.compare_exchange_strong(nobody, waiting.address(),
                                                std::memory_order_acq_rel);
    }

    /** Final awaiter: resumes the coroutine that awaits the task. */
    struct finish {
        bool await_ready() const noexcept { return false; }
        template <typename Promise>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) const noexcept
        {
            // Another thread may destroy the frame as soon as it sees this value.
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
    /** NULL, the waiting coroutine, or the address of this promise after the end. */
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
 * Coroutine. It starts when it is awaited, or with start(); loop::run() starts it and waits for it.
 * After its destruction a task is not resumed; an operation that it waits for continues.
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

    /** Runs the coroutine to its first suspension, unless it was started already. */
    void start()
    {
        if (coroutine_.promise().begin())
            coroutine_.resume();
    }

    /** Whether the coroutine has completed. */
    bool done() const noexcept { return coroutine_.promise().done(); }

    /** Returns the value of a completed coroutine, or throws its exception. */
    Value get() { return coroutine_.promise().take(); }

    /** Starts the coroutine if necessary and waits for it. Only one coroutine may await it. */
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
