/* An operation that was submitted. Part of zfssa.hpp. */
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
 * An operation that was submitted, and its result when it has ended: to be waited for, or in a
 * coroutine to be awaited. Either takes the result, and leaves a future that is not valid().
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

    /** Whether it stands for an operation whose result was not taken. */
    bool valid() const noexcept { return operation_ != nullptr; }

    /** Whether the result is here. Does not block, and takes nothing from the queue. */
    bool ready() const { return loop_->done(*operation_); }

    /** Waits for the result. Blocks. */
    void wait() const { loop_->wait(*operation_, std::nullopt); }

    /** Waits at most so long: whether the result is here. The operation goes on if not. */
    template <typename Rep, typename Period>
    bool wait_for(std::chrono::duration<Rep, Period> timeout) const
    {
        return loop_->wait(*operation_, detail::loop_core::after(timeout));
    }

    /** Waits for the result and takes it. Throws the error of an operation that failed. Blocks. */
    result<View> get()
    {
        result<View> taken = get_result();
        static_cast<void>(std::as_const(taken).value());
        return taken;
    }

    /** As get(), but gives the result of an operation that failed, too. */
    result<View> get_result()
    {
        wait();
        return take();
    }

    /**
     * Asks the operation to stop. It undoes the steps it made and ends with ZFSSA_E_CANCELLED, or
     * with its own result if that was quicker: get_result() tells. Does not block.
     */
    void cancel() { detail::call(zfssa_cancel, ticket()); }

    /** The operation's number. */
    zfssa_ticket_t ticket() const { return loop_->ticket(*operation_); }

#ifdef ZFSSA_HAS_COROUTINES
    /** What a coroutine waits with; resumed by the thread that runs the loop. */
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

    /** What get() is for a thread. */
    awaiter operator co_await() { return awaiter(std::move(*this), true); }

    /** What get_result() is for a thread: `co_await operation.as_result()`. */
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
