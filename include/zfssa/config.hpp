/* Backend configuration. Part of zfssa.hpp. */
#ifndef ZFSSA_CONFIG_HPP
#define ZFSSA_CONFIG_HPP

#include <string>

#include "error.hpp"

namespace zfssa {

/**
 * Configuration of a backend, from one or more sources; a later source overrides an earlier one.
 * validate() and the constructor of a driver report all errors together. The destructor wipes the
 * values.
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

    /** Sets an option; see docs/options.md for a list. */
    config &set(const std::string &name, const std::string &value)
    {
        detail::call(zfssa_config_set, handle(), detail::c_text(name), detail::c_text(value));
        return *this;
    }

    /** Removes the value of an option, so that the default applies. */
    config &forget(const std::string &name)
    {
        detail::call(zfssa_config_set, handle(), detail::c_text(name),
                     static_cast<const char *>(nullptr));
        return *this;
    }

    /** Adds the options of a TOML file, from its top level or from the table `section`. */
    config &load_toml(const std::string &path, const std::string &section = {})
    {
        return add(zfssa_config_load_toml, path, section);
    }

    /** Adds the options of a section of a cinder.conf. */
    config &load_cinder_conf(const std::string &path, const std::string &section)
    {
        return add(zfssa_config_load_cinder_conf, path, section);
    }

    /** Adds the options of TOML text; otherwise as load_toml(). */
    config &parse_toml(const std::string &toml, const std::string &section = {})
    {
        return add(zfssa_config_parse_toml, toml, section);
    }

    /** Adds the options of the text of a cinder.conf; otherwise as load_cinder_conf(). */
    config &parse_cinder_conf(const std::string &conf, const std::string &section)
    {
        return add(zfssa_config_parse_cinder_conf, conf, section);
    }

    /** Throws ZFSSA_E_CONFIG with every problem as a cause. Uses neither the network nor files. */
    void validate() const { detail::call(zfssa_config_validate, handle_.get()); }

    /** Returns the C handle, which this object still owns. */
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
