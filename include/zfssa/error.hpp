/* What went wrong. Part of zfssa.hpp. */
#ifndef ZFSSA_ERROR_HPP
#define ZFSSA_ERROR_HPP

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../zfssa.h"

namespace zfssa {

/** What went wrong, and whether the appliance was changed. Copies are cheap and never throw. */
class error : public std::exception {
public:
    /** An error of the host's side, before the library was asked. */
    error(zfssa_status_t status, std::string message)
    {
        facts made;
        made.status = status;
        made.text = message;
        made.message = std::move(message);
        facts_ = std::make_shared<const facts>(std::move(made));
    }

    /** What an error of the library's says; it stays with its owner. `status` holds without one. */
    static error of(const zfssa_error_t *raw, zfssa_status_t status)
    {
        const zfssa_error_info_t *info = zfssa_error_info(raw);
        if (info == nullptr)
            return error(status, zfssa_status_description(status));
        facts made;
        made.status = info->status;
        made.outcome = info->outcome;
        made.retryable = info->retryable != 0;
        made.http_status = info->http_status;
        made.attempts = info->attempts;
        if (info->retry_after_ms >= 0)
            made.retry_after = std::chrono::milliseconds(info->retry_after_ms);
        made.text = text(info->text);
        made.message = text(info->message);
        made.fault = text(info->fault);
        made.operation = text(info->operation);
        made.resource = text(info->resource);
        made.json = text(zfssa_error_json(raw, nullptr));
        for (std::uint32_t i = 0; i < info->left_behind_count; i++)
            made.left_behind.emplace_back(info->left_behind[i]);
        for (std::uint32_t i = 0; i < info->causes_count; i++)
            made.causes.emplace_back(info->causes[i]);
        return error(std::make_shared<const facts>(std::move(made)));
    }

    /** Everything in one line: operation, resource, message, causes, what is left behind. */
    const char *what() const noexcept override { return facts_->text.c_str(); }

    /** One of the ZFSSA_E_ numbers. Treat one that you do not know by its class, its hundreds. */
    zfssa_status_t status() const noexcept { return facts_->status; }

    /** The status by its name, such as VOLUME_BUSY. */
    std::string_view status_name() const noexcept { return zfssa_status_name(status()); }

    /** Whether the appliance was changed: one of the ZFSSA_OUTCOME_ numbers. */
    zfssa_outcome_t outcome() const noexcept { return facts_->outcome; }

    /** The outcome by its name, such as ROLLED_BACK. */
    std::string_view outcome_name() const noexcept { return zfssa_outcome_name(outcome()); }

    /** Whether the same call may succeed later without anybody changing anything. */
    bool retryable() const noexcept { return facts_->retryable; }

    /** The HTTP status of the answer; 0 when there was none. */
    std::uint32_t http_status() const noexcept { return facts_->http_status; }

    /** How often the request that failed was sent; 0 when nothing was. */
    std::uint32_t attempts() const noexcept { return facts_->attempts; }

    /** How long the appliance asked to wait. */
    std::optional<std::chrono::milliseconds> retry_after() const noexcept
    {
        return facts_->retry_after;
    }

    /** What went wrong and what to do, in one sentence. */
    const std::string &message() const noexcept { return facts_->message; }

    /** The appliance's own name of the fault; empty when it gave none. */
    const std::string &fault() const noexcept { return facts_->fault; }

    /** The operation, such as create_volume; empty when it was none. */
    const std::string &operation() const noexcept { return facts_->operation; }

    /** The object that the operation was about; empty when there is none. */
    const std::string &resource() const noexcept { return facts_->resource; }

    /** Objects that the call made, could not undo, and left. */
    const std::vector<std::string> &left_behind() const noexcept { return facts_->left_behind; }

    /** Underlying messages, outermost first. For ZFSSA_E_CONFIG: every problem, one each. */
    const std::vector<std::string> &causes() const noexcept { return facts_->causes; }

    /** The facts as a JSON object; empty for an error of the host's side. */
    const std::string &json() const noexcept { return facts_->json; }

private:
    struct facts {
        zfssa_status_t status = ZFSSA_OK;
        zfssa_outcome_t outcome = ZFSSA_OUTCOME_NONE;
        bool retryable = false;
        std::uint32_t http_status = 0;
        std::uint32_t attempts = 0;
        std::optional<std::chrono::milliseconds> retry_after;
        std::string text, message, fault, operation, resource, json;
        std::vector<std::string> left_behind, causes;
    };

    explicit error(std::shared_ptr<const facts> made) : facts_(std::move(made)) {}

    static std::string text(const char *text) { return text != nullptr ? text : ""; }

    std::shared_ptr<const facts> facts_;
};

namespace detail {

/** Frees a handle of the library's with the function for its kind. */
template <auto Free> struct freed_with {
    template <typename Handle> void operator()(Handle *handle) const noexcept { Free(handle); }
};

template <typename Handle, auto Free> using owned = std::unique_ptr<Handle, freed_with<Free>>;

/** Throws what a function of the library's failed with. Takes the error. */
inline void check(zfssa_status_t status, zfssa_error_t *raw)
{
    const owned<zfssa_error_t, zfssa_error_free> taken(raw);
    if (status != ZFSSA_OK)
        throw error::of(raw, status);
}

/** Calls a function of the library's with `arguments` and a place for its error, and checks. */
template <typename Function, typename... Arguments>
void call(Function function, Arguments... arguments)
{
    zfssa_error_t *raw = nullptr;
    const zfssa_status_t status = function(arguments..., &raw);
    check(status, raw);
}

/** Text for the library. What follows a NUL would be lost on the way, so there must be none. */
inline const char *c_text(const std::string &text)
{
    if (text.find('\0') != std::string::npos)
        throw error(ZFSSA_E_INVALID_ARGUMENT, "a text holds a NUL character");
    return text.c_str();
}

} // namespace detail

/** Refuses a library that is older than this header or has another ABI: ZFSSA_E_ABI. Whoever
 * makes a configuration asks this by itself. */
inline void check_abi()
{
    const std::uint32_t found = zfssa_abi_version();
    const std::uint32_t major = found >> 16, minor = found & 0xffff;
    // With a minor number of 0 in this header, no library is too old.
    const bool new_enough = minor + 1 > ZFSSA_ABI_MINOR;
    if (major != ZFSSA_ABI_MAJOR || !new_enough)
        throw error(ZFSSA_E_ABI, "the library has the ABI " + std::to_string(major) + "." +
                                     std::to_string(minor) + ", and the program was built for " +
                                     std::to_string(ZFSSA_ABI_MAJOR) + "." +
                                     std::to_string(ZFSSA_ABI_MINOR));
}

} // namespace zfssa

#endif
