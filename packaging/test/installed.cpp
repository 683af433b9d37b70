// The same in C++: `installed_cpp CONFIG.toml NAME`.

#include <zfssa.hpp>

#include <exception>
#include <iostream>

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    try {
        zfssa::config config;
        config.load_toml(argv[1]);
        zfssa::driver driver(config);
        driver.do_setup().get();
        const auto made = driver.create_volume({argv[2], 1, {}}).get();
        std::cout << zfssa_version() << ' ' << made->name() << std::endl;
        driver.close(zfssa::closing::drain);
    } catch (const std::exception &error) {
        std::cerr << error.what() << std::endl;
        return 1;
    }
    return 0;
}
