/* The options of one backend. Part of zfssa.hpp. */
#ifndef ZFSSA_CONFIG_HPP
#define ZFSSA_CONFIG_HPP

#include <string>

#include "error.hpp"

namespace zfssa {

/**
 * The options of one backend, from one source or several, of which a later one overrides an
 * earlier one. What is wrong with them is told all at once, by validate() and by the driver.
 * Wiped when it goes.
 */
class config {
public:
    config()
    {
        check_abi();
        zfssa_config_t *made = nullptr;
        detail::call(zfssa_config_new, &made);
        handle_.reset(made);
    }

    /** Sets one option; docs/options.md lists them. */
    config &set(const std::string &name, const std::string &value)
    {
        detail::call(zfssa_config_set, handle(), detail::c_text(name), detail::c_text(value));
        return *this;
    }

    /** Forgets what was set, so that the default holds. */
    config &forget(const std::string &name)
    {
        detail::call(zfssa_config_set, handle(), detail::c_text(name),
                     static_cast<const char *>(nullptr));
        return *this;
    }

    /** Adds the options of a TOML file: those of its top level, or of one of its tables. */
    config &load_toml(const std::string &path, const std::string &section = {})
    {
        return add(zfssa_config_load_toml, path, section);
    }

    /** Adds the options of a section of a cinder.conf. */
    config &load_cinder_conf(const std::string &path, const std::string &section)
    {
        return add(zfssa_config_load_cinder_conf, path, section);
    }

    /** As load_toml(), from a text. */
    config &parse_toml(const std::string &toml, const std::string &section = {})
    {
        return add(zfssa_config_parse_toml, toml, section);
    }

    /** As load_cinder_conf(), from a text. */
    config &parse_cinder_conf(const std::string &conf, const std::string &section)
    {
        return add(zfssa_config_parse_cinder_conf, conf, section);
    }

    /** Throws ZFSSA_E_CONFIG with every problem as a cause. Asks no network and no file. */
    void validate() const { detail::call(zfssa_config_validate, handle_.get()); }

    /** The object of zfssa.h, which stays this one's. */
    zfssa_config_t *handle() const noexcept { return handle_.get(); }

private:
    using source = zfssa_status_t(zfssa_config_t *, const char *, const char *, zfssa_error_t **);

    config &add(source *function, const std::string &what, const std::string &section)
    {
        detail::call(function, handle(), detail::c_text(what),
                     section.empty() ? nullptr : detail::c_text(section));
        return *this;
    }

    detail::owned<zfssa_config_t, zfssa_config_free> handle_;
};

} // namespace zfssa

#endif
