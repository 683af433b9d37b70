// Futures: create several volumes at once and print the result of each.
//
//     futures CONFIG.toml NAME...
//
// If a name is given twice, the second creation fails, because it requests another size.

#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "zfssa.hpp"

namespace {

void make_all(zfssa::driver &driver, const std::vector<std::string> &names)
{
    std::vector<zfssa::future<zfssa::volume_view>> volumes;
    for (const auto &name : names) {
        zfssa::create_volume_request request;
        request.name = name;
        request.size_gib = volumes.size() + 1;
        volumes.push_back(driver.create_volume(request));
    }
    // All operations are in flight; wait for them in any order.
    for (auto &volume : volumes) {
        const auto made = volume.get_result();
        if (made)
            std::cout << "made " << made->name() << '\n';
        else
            std::cout << made.error().status_name() << ", outcome "
                      << made.error().outcome_name() << '\n';
    }
}

void delete_all(zfssa::driver &driver)
{
    const auto all = driver.list_volumes().get();
    std::vector<zfssa::future<zfssa::delete_report_view>> deletions;
    for (const auto volume : all->volumes())
        deletions.push_back(driver.delete_volume({std::string(volume.name())}));
    for (auto &deletion : deletions)
        deletion.get();
    std::cout << "deleted " << deletions.size() << '\n';
}

} // namespace

int main(int argc, char **argv)
{
    if (argc < 3) {
        std::cerr << "usage: " << argv[0] << " CONFIG.toml NAME...\n";
        return 2;
    }
    try {
        zfssa::config config;
        config.load_toml(argv[1]);
        zfssa::driver driver(config);
        driver.do_setup().get();
        make_all(driver, {argv + 2, argv + argc});
        delete_all(driver);
        driver.close(zfssa::closing::drain);
    } catch (const std::exception &error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
    return 0;
}
