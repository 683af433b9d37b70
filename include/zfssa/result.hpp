/* Results, and the lists and text in them. Part of zfssa.hpp. */
#ifndef ZFSSA_RESULT_HPP
#define ZFSSA_RESULT_HPP

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "error.hpp"

namespace zfssa {

/** List owned by a result: a range of `Shown`, converted from C elements. */
template <typename Shown, typename Element> class list {
public:
    class iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = Shown;
        using difference_type = std::ptrdiff_t;
        using pointer = void;
        using reference = Shown;

        iterator() = default;
        explicit iterator(const Element *at) : at_(at) {}
        Shown operator*() const { return Shown(*at_); }
        iterator &operator++()
        {
            ++at_;
            return *this;
        }
        iterator operator++(int) { return iterator(at_++); }
        friend bool operator==(iterator a, iterator b) { return a.at_ == b.at_; }
        friend bool operator!=(iterator a, iterator b) { return a.at_ != b.at_; }

    private:
        const Element *at_ = nullptr;
    };

    list(const Element *first, std::size_t size) : first_(first), size_(size) {}

    iterator begin() const { return iterator(first_); }
    iterator end() const { return iterator(size_ == 0 ? first_ : first_ + size_); }
    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }
    Shown operator[](std::size_t index) const { return Shown(first_[index]); }

private:
    const Element *first_;
    std::size_t size_;
};

/** Strings owned by a result. */
using strings = list<std::string_view, const char *>;

namespace detail {

inline std::string_view shown(const char *text)
{
    return text != nullptr ? std::string_view(text) : std::string_view();
}

inline std::optional<std::string_view> shown_if_any(const char *text)
{
    return text != nullptr ? std::optional<std::string_view>(text) : std::nullopt;
}

} // namespace detail

/** Output of an operation without one. */
struct nothing {
    static nothing of(const zfssa_result_t *) { return {}; }
};

/**
 * Result of an operation: its output, such as `result->name()`, or its error. The result owns the
 * output, so only a result stored in a variable can be read.
 */
template <typename View> class result {
public:
    /** Takes ownership of a C result. */
    explicit result(zfssa_result_t *taken) : handle_(taken)
    {
        if (ok())
            view_.emplace(View::of(taken));
    }

    /** Whether the operation succeeded. */
    bool ok() const noexcept { return status() == ZFSSA_OK; }
    explicit operator bool() const noexcept { return ok(); }

    /** ZFSSA_OK, or one of the ZFSSA_E_ constants. */
    zfssa_status_t status() const noexcept { return zfssa_result_status(handle_.get()); }

    /** Error of a failed operation. Do not call it after a success. */
    zfssa::error error() const
    {
        return zfssa::error::of(zfssa_result_error(handle_.get()), status());
    }

    /** Output of the operation. Throws the error of a failed operation. */
    const View &value() const &
    {
        if (!view_)
            throw error();
        return *view_;
    }
    const View &operator*() const & { return value(); }
    const View *operator->() const & { return &value(); }

    // Deleted, because the output would be freed at the end of the statement. Store the result in a
    // variable first.
    const View &value() && = delete;
    const View &operator*() && = delete;
    const View *operator->() && = delete;

    /** The output or the error as JSON, with secrets as "***". Owned by the result. */
    std::string_view json() const &
    {
        return detail::shown(zfssa_result_json(handle_.get(), nullptr));
    }
    std::string_view json() && = delete;

    /** The traceparent of the call, empty without one. Owned by the result. */
    std::string_view traceparent() const &
    {
        return detail::shown(zfssa_result_traceparent(handle_.get()));
    }
    std::string_view traceparent() && = delete;

    /** Number of requests that the operation sent to the appliance. */
    std::uint32_t requests() const noexcept { return zfssa_result_requests(handle_.get()); }

    /** Time from submission to completion. */
    std::chrono::microseconds elapsed() const noexcept
    {
        return std::chrono::microseconds(zfssa_result_elapsed_us(handle_.get()));
    }

    /** Returns the C handle, which this object still owns. */
    const zfssa_result_t *handle() const noexcept { return handle_.get(); }

private:
    detail::owned<zfssa_result_t, zfssa_result_free> handle_;
    std::optional<View> view_;
};

} // namespace zfssa

#endif
