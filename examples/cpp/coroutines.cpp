// Coroutines (C++20): life cycles of any number of volumes on one thread.
//
//     coroutines CONFIG.toml COUNT

#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "zfssa.hpp"

namespace {

zfssa::task<std::uint64_t> life(zfssa::driver &driver, std::string name)
{
    auto creation = driver.create_volume({.name = name, .size_gib = 1});
    co_await creation;
    auto extension = driver.extend_volume({.name = name, .size_gib = 2});
    const auto grown = co_await extension;

    // Both operations are in flight before the first one is awaited.
    auto first = driver.create_snapshot({.volume = name, .name = "first"});
    auto second = driver.create_snapshot({.volume = name, .name = "second"});
    co_await first;
    co_await second;

    // A volume with snapshots cannot be deleted. as_result() returns the error without throwing it.
    auto deletion = driver.delete_volume({.name = name});
    const auto busy = co_await deletion.as_result();
    if (busy.status() != ZFSSA_E_VOLUME_BUSY)
        throw std::runtime_error("a volume with snapshots was not protected");

    for (const auto *snapshot : {"first", "second"}) {
        auto removal = driver.delete_snapshot({.volume = name, .name = snapshot});
        co_await removal;
    }
    deletion = driver.delete_volume({.name = name});
    co_await deletion;
    co_return grown->size_bytes() >> 30;
}

zfssa::task<> all(zfssa::driver &driver, int count)
{
    co_await driver.do_setup();
    std::vector<zfssa::task<std::uint64_t>> lives;
    for (int i = 1; i <= count; i++)
        lives.push_back(life(driver, "volume-" + std::to_string(i)));
    // A task starts when it is awaited. Start all of them first, so that they run concurrently.
    for (auto &one : lives)
        one.start();
    std::uint64_t gib = 0;
    for (auto &one : lives)
        gib += co_await one;
    std::cout << lives.size() << " volumes came and went, " << gib << " GiB in all\n";
}

} // namespace

int main(int argc, char **argv)
{
    if (argc != 3) {
        std::cerr << "usage: " << argv[0] << " CONFIG.toml COUNT\n";
        return 2;
    }
    try {
        zfssa::config config;
        config.load_toml(argv[1]);
        zfssa::driver driver(config);
        driver.loop().run(all(driver, std::stoi(argv[2])));
        driver.close(zfssa::closing::drain);
    } catch (const std::exception &error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
    return 0;
}
