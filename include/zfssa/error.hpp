/* Errors. Part of zfssa.hpp. */
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

/** Error of a call or an operation. Copies are cheap and never throw. */
class error : public std::exception {
public:
    /** Creates an error of this binding, detected before a call of the library. */
    error(zfssa_status_t status, std::string message)
    {
        facts made;
        made.status = status;
        made.text = message;
        made.message = std::move(message);
        facts_ = std::make_shared<const facts>(std::move(made));
    }

    /** Copies a C error, which its owner still owns. If `raw` is NULL, uses `status`. */
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

    /** The whole error in one line: operation, resource, message, causes, objects left behind. */
    const char *what() const noexcept override { return facts_->text.c_str(); }

    /** One of the ZFSSA_E_ constants. Treat an unknown status by its class (status / 100). */
    zfssa_status_t status() const noexcept { return facts_->status; }

    /** Name of the status, such as VOLUME_BUSY. */
    std::string_view status_name() const noexcept { return zfssa_status_name(status()); }

    /** Effect on the appliance: one of the ZFSSA_OUTCOME_ constants. */
    zfssa_outcome_t outcome() const noexcept { return facts_->outcome; }

    /** Name of the outcome, such as ROLLED_BACK. */
    std::string_view outcome_name() const noexcept { return zfssa_outcome_name(outcome()); }

    /** Whether the same call may succeed later without any other change. */
    bool retryable() const noexcept { return facts_->retryable; }

    /** HTTP status of the appliance's response; 0 if there was no response. */
    std::uint32_t http_status() const noexcept { return facts_->http_status; }

    /** Number of times the failed request was sent; 0 if no request was sent. */
    std::uint32_t attempts() const noexcept { return facts_->attempts; }

    /** Time that the appliance asked to wait before a retry; nullopt if it did not ask. */
    std::optional<std::chrono::milliseconds> retry_after() const noexcept
    {
        return facts_->retry_after;
    }

    /** Failure and remedy, in one sentence. */
    const std::string &message() const noexcept { return facts_->message; }

    /** The appliance's name for the fault, such as ERR_OBJECT_EXISTS; empty if there is none. */
    const std::string &fault() const noexcept { return facts_->fault; }

    /** Name of the operation, such as create_volume; empty if the error is not of one. */
    const std::string &operation() const noexcept { return facts_->operation; }

    /** Name of the object that the operation was called for; empty if there is none. */
    const std::string &resource() const noexcept { return facts_->resource; }

    /** Objects that the operation created and could not delete again. */
    const std::vector<std::string> &left_behind() const noexcept { return facts_->left_behind; }

    /** Underlying messages, the outermost first. For ZFSSA_E_CONFIG: one per problem. */
    const std::vector<std::string> &causes() const noexcept { return facts_->causes; }

    /** The error as a JSON object; empty for an error of this binding. */
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

/** Deleter that frees a C handle. */
template <auto Free> struct freed_with {
    template <typename Handle> void operator()(Handle *handle) const noexcept { Free(handle); }
};

template <typename Handle, auto Free> using owned = std::unique_ptr<Handle, freed_with<Free>>;

/** Throws the error of a failed call. Takes ownership of the C error. */
inline void check(zfssa_status_t status, zfssa_error_t *raw)
{
    const owned<zfssa_error_t, zfssa_error_free> taken(raw);
    if (status != ZFSSA_OK)
        throw error::of(raw, status);
}

/** Calls a C function with an error output as the last argument. Throws its error. */
template <typename Function, typename... Arguments>
void call(Function function, Arguments... arguments)
{
    zfssa_error_t *raw = nullptr;
    const zfssa_status_t status = function(arguments..., &raw);
    check(status, raw);
}

/** Returns text as a C string. Refuses a NUL character, at which C would truncate it. */
inline const char *c_text(const std::string &text)
{
    if (text.find('\0') != std::string::npos)
        throw error(ZFSSA_E_INVALID_ARGUMENT, "text contains a NUL character");
    return text.c_str();
}

} // namespace detail

/** Throws ZFSSA_E_ABI if the library has a different major ABI version or an older minor one than
 * this header. The constructor of a configuration calls it. */
inline void check_abi()
{
    const std::uint32_t found = zfssa_abi_version();
    const std::uint32_t major = found >> 16, minor = found & 0xffff;
    // Not written as `minor >= ZFSSA_ABI_MINOR`: compilers warn if ZFSSA_ABI_MINOR is 0.
    const bool new_enough = minor + 1 > ZFSSA_ABI_MINOR;
    if (major != ZFSSA_ABI_MAJOR || !new_enough)
        throw error(ZFSSA_E_ABI, "the library has the ABI " + std::to_string(major) + "." +
                                     std::to_string(minor) + ", and the program was built for " +
                                     std::to_string(ZFSSA_ABI_MAJOR) + "." +
                                     std::to_string(ZFSSA_ABI_MINOR));
}

} // namespace zfssa

#endif
