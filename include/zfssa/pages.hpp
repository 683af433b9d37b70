/* Lists of any length, page by page. Part of zfssa.hpp. */
#ifndef ZFSSA_PAGES_HPP
#define ZFSSA_PAGES_HPP

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "driver.hpp"
#include "operations.hpp"

namespace zfssa {

/**
 * The pages of a list, as a range of results. Each page is requested when the iteration reaches it,
 * and is freed when the iteration leaves it; a failure throws zfssa::error from there. The driver
 * must outlive the range. A range is iterated once.
 *
 *     for (const auto &page : zfssa::volume_pages(driver))
 *         for (const auto volume : page->volumes())
 *             std::cout << volume.name() << '\n';
 */
template <typename Request, typename View> class page_range {
public:
    /** Operation of the driver that returns a page. */
    using operation = future<View> (driver::*)(const Request &);

    class iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = result<View>;
        using difference_type = std::ptrdiff_t;
        using pointer = const result<View> *;
        using reference = const result<View> &;

        iterator() = default;
        explicit iterator(page_range *range) : range_(range) {}
        reference operator*() const { return *range_->page_; }
        pointer operator->() const { return &*range_->page_; }
        iterator &operator++()
        {
            if (!range_->next())
                range_ = nullptr;
            return *this;
        }
        void operator++(int) { ++*this; }
        friend bool operator==(iterator a, iterator b) { return a.range_ == b.range_; }
        friend bool operator!=(iterator a, iterator b) { return a.range_ != b.range_; }

    private:
        page_range *range_ = nullptr;
    };

    page_range(driver &driver, operation read, Request request)
        : driver_(&driver), read_(read), request_(std::move(request))
    {
    }

    iterator begin()
    {
        page_.emplace((driver_->*read_)(request_).get());
        return iterator(this);
    }
    iterator end() { return iterator(); }

private:
    bool next()
    {
        const auto marker = (*page_)->next_marker();
        if (!marker)
            return false;
        request_.marker = std::string(*marker);
        skip_nothing(request_, 0);
        page_.emplace((driver_->*read_)(request_).get());
        return true;
    }

    /** Only the first page skips entries. */
    template <typename R> static auto skip_nothing(R &request, int) -> decltype(void(request.offset))
    {
        request.offset = 0;
    }
    template <typename R> static void skip_nothing(R &, long) {}

    driver *driver_;
    operation read_;
    Request request_;
    std::optional<result<View>> page_;
};

namespace detail {

/** Entries of a page if the request has no limit. */
constexpr std::uint32_t page_size = 1000;

template <typename Request> Request in_pages(Request request)
{
    if (request.limit == 0)
        request.limit = page_size;
    return request;
}

} // namespace detail

/** Pages of list_volumes(), of `limit` or 1,000 volumes. */
inline page_range<list_volumes_request, volumes_view>
volume_pages(driver &driver, list_volumes_request request = {})
{
    return {driver, &driver::list_volumes, detail::in_pages(std::move(request))};
}

/** Pages of list_snapshots(), of `limit` or 1,000 snapshots. */
inline page_range<list_snapshots_request, snapshots_view>
snapshot_pages(driver &driver, list_snapshots_request request)
{
    return {driver, &driver::list_snapshots, detail::in_pages(std::move(request))};
}

/** Pages of get_manageable_volumes(), of `limit` or 1,000 entries. */
inline page_range<get_manageable_volumes_request, manageable_list_view>
manageable_volume_pages(driver &driver, get_manageable_volumes_request request = {})
{
    return {driver, &driver::get_manageable_volumes, detail::in_pages(std::move(request))};
}

/** Pages of get_manageable_snapshots(), of `limit` or 1,000 entries. */
inline page_range<get_manageable_snapshots_request, manageable_list_view>
manageable_snapshot_pages(driver &driver, get_manageable_snapshots_request request = {})
{
    return {driver, &driver::get_manageable_snapshots, detail::in_pages(std::move(request))};
}

/** Pages of audit(), of `limit` or 1,000 findings. The first call runs the whole audit. */
inline page_range<audit_request, audit_report_view> audit_pages(driver &driver,
                                                                audit_request request = {})
{
    return {driver, &driver::audit, detail::in_pages(std::move(request))};
}

} // namespace zfssa

#endif
