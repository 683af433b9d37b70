// The set-up of a block of C++ that is no whole program: a driver on which `volume-1` exists.
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "zfssa.hpp"

static void page(zfssa::driver &driver)
{
SNIPPET
}

int main(int argc, char **argv)
try {
    zfssa::config config;
    config.load_toml(argv[argc - 1]);
    zfssa::driver driver(config);
    driver.do_setup().get();
    zfssa::create_volume_request request;
    request.name = "volume-1";
    request.size_gib = 1;
    driver.create_volume(request).get();
    page(driver);
    return 0;
} catch (const std::exception &error) {
    std::cerr << error.what() << '\n';
    return 1;
}
