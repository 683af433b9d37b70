/* Future: a submitted operation. Part of zfssa.hpp. */
#ifndef ZFSSA_FUTURE_HPP
#define ZFSSA_FUTURE_HPP

#include <chrono>
#include <memory>
#include <utility>

#if defined(__cpp_impl_coroutine) && __cpp_impl_coroutine >= 201902L
#include <coroutine>
#define ZFSSA_HAS_COROUTINES 1
#endif

#include "loop.hpp"
#include "result.hpp"

namespace zfssa {

/**
 * A submitted operation. A thread waits for its result with get(), a coroutine with co_await. Both
 * take the result; the future is then no longer valid().
 */
template <typename View> class [[nodiscard]] future {
public:
    future() = default;
    future(std::shared_ptr<detail::loop_core> loop, std::shared_ptr<detail::pending> operation)
        : loop_(std::move(loop)), operation_(std::move(operation))
    {
    }
    future(future &&) noexcept = default;
    future &operator=(future &&) noexcept = default;

    /** Whether the future has an operation whose result was not taken yet. */
    bool valid() const noexcept { return operation_ != nullptr; }

    /** Whether the result has been received. Does not block and does not handle events. */
    bool ready() const { return loop_->done(*operation_); }

    /** Blocks until the result has been received. */
    void wait() const { loop_->wait(*operation_, std::nullopt); }

    /** Blocks for up to `timeout`. Returns false after it; the operation then continues. */
    template <typename Rep, typename Period>
    bool wait_for(std::chrono::duration<Rep, Period> timeout) const
    {
        return loop_->wait(*operation_, detail::loop_core::after(timeout));
    }

    /** Blocks until the result has been received, and takes it. Throws the error of a failure. */
    result<View> get()
    {
        result<View> taken = get_result();
        static_cast<void>(std::as_const(taken).value());
        return taken;
    }

    /** As get(), but also returns the result of a failed operation. */
    result<View> get_result()
    {
        wait();
        return take();
    }

    /**
     * Cancels the operation without blocking. It rolls back and completes with ZFSSA_E_CANCELLED,
     * or with its own result if it completed before the cancellation took effect.
     */
    void cancel() { detail::call(zfssa_ticket_cancel, ticket()); }

    /** Ticket id of the operation. */
    zfssa_ticket_t ticket() const { return loop_->ticket(*operation_); }

#ifdef ZFSSA_HAS_COROUTINES
    /** Awaiter of a coroutine. The thread that runs the loop resumes the coroutine. */
    class awaiter {
    public:
        awaiter(future &&operation, bool throws)
            : operation_(std::move(operation)), throws_(throws)
        {
        }
        awaiter(const awaiter &) = delete;
        awaiter &operator=(const awaiter &) = delete;
        ~awaiter()
        {
            if (operation_.valid())
                operation_.loop_->forget(*operation_.operation_);
        }

        bool await_ready() const { return operation_.ready(); }
        bool await_suspend(std::coroutine_handle<> waiting)
        {
            return operation_.loop_->when_done(*operation_.operation_,
                                               [waiting] { waiting.resume(); });
        }
        result<View> await_resume()
        {
            result<View> taken = operation_.take();
            if (throws_)
                static_cast<void>(std::as_const(taken).value());
            return taken;
        }

    private:
        future operation_;
        bool throws_;
    };

    /** Counterpart of get() for coroutines. */
    awaiter operator co_await() { return awaiter(std::move(*this), true); }

    /** Counterpart of get_result() for coroutines: `co_await operation.as_result()`. */
    awaiter as_result() { return awaiter(std::move(*this), false); }
#endif

private:
    result<View> take()
    {
        result<View> taken(loop_->take(*operation_).release());
        operation_.reset();
        loop_.reset();
        return taken;
    }

    std::shared_ptr<detail::loop_core> loop_;
    std::shared_ptr<detail::pending> operation_;
};

} // namespace zfssa

#endif
