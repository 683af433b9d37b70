/* Conversion of requests to C arguments. Part of zfssa.hpp. */
#ifndef ZFSSA_ARGUMENTS_HPP
#define ZFSSA_ARGUMENTS_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "error.hpp"

namespace zfssa {

/** Type of zfssa::every; see one_or_every. */
struct every_t {
    explicit every_t() = default;
};
inline constexpr every_t every{};

/** Name of one object, or zfssa::every for all objects. It has no default value. */
class one_or_every {
public:
    one_or_every(std::string name) : name_(std::move(name)) {}
    one_or_every(const char *name) : name_(name) {}
    one_or_every(every_t) {}

    const std::optional<std::string> &name() const noexcept { return name_; }

private:
    std::optional<std::string> name_;
};

namespace detail {

/** Returns an argument structure with its size set and all other members zero. */
template <typename Arguments> Arguments cleared()
{
    Arguments made;
    std::memset(&made, 0, sizeof made);
    made.size = sizeof made;
    return made;
}

/** Owner of the arrays of one call until its submission. */
class arguments {
public:
    static const char *text(const std::string &text) { return c_text(text); }
    static const char *text(const std::optional<std::string> &text)
    {
        return text ? c_text(*text) : nullptr;
    }
    static const char *text(const one_or_every &which) { return text(which.name()); }

    const char *const *texts(const std::vector<std::string> &list, std::uint32_t &count)
    {
        const char **made = array<const char *>(list.size(), count);
        for (std::size_t i = 0; i < list.size(); i++)
            made[i] = c_text(list[i]);
        return made;
    }

    const zfssa_pair_t *pairs(const std::map<std::string, std::string> &map, std::uint32_t &count)
    {
        zfssa_pair_t *made = array<zfssa_pair_t>(map.size(), count);
        std::size_t i = 0;
        for (const auto &[key, value] : map)
            made[i++] = {c_text(key), c_text(value)};
        return made;
    }

    template <typename Structure, typename Record>
    const Structure *records(const std::vector<Record> &list, std::uint32_t &count)
    {
        Structure *made = array<Structure>(list.size(), count);
        for (std::size_t i = 0; i < list.size(); i++)
            list[i].fill(made[i], *this);
        return made;
    }

private:
    template <typename Element> Element *array(std::size_t size, std::uint32_t &count)
    {
        if (size > ZFSSA_MAX_ITEMS)
            throw error(ZFSSA_E_INVALID_ARGUMENT, "a list is too long");
        count = static_cast<std::uint32_t>(size);
        if (size == 0)
            return nullptr;
        const std::shared_ptr<Element[]> made(new Element[size]());
        kept_.push_back(made);
        return made.get();
    }

    std::vector<std::shared_ptr<void>> kept_;
};

} // namespace detail

} // namespace zfssa

#endif
