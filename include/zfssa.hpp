/* C++ binding of libzfssa, for C++17 and later. Header-only: link the library as in a C program.
 *
 *     zfssa::config config;
 *     config.load_cinder_conf("/etc/cinder/cinder.conf", "zfssa-1");
 *     zfssa::driver driver(config);
 *
 *     zfssa::create_volume_request request;
 *     request.name = "volume-1";
 *     request.size_gib = 10;
 *     auto made = driver.create_volume(request).get();
 *     std::cout << made->guid() << '\n';
 *
 * In C++20: driver.create_volume({.name = "volume-1", .size_gib = 10}), and in a coroutine
 *
 *     auto creation = driver.create_volume({.name = "volume-1", .size_gib = 10});
 *     auto made = co_await creation;
 *
 * (in two statements, because GCC 12 destroys a braced temporary of a co_await expression twice).
 *
 *
 * CONVENTIONS
 *
 * Ownership: each object owns its C handle and frees it. Configurations, drivers and results can be
 * moved but not copied. Text, lists and views of a result are owned by the result, so the result
 * must be stored in a variable before they are read.
 *
 * Operations: a method submits its operation at once, with a copy of the request, and returns a
 * future. Any number of operations may be in flight. After the destruction of its future an
 * operation continues, and its result is discarded.
 *
 * Errors: a failure throws zfssa::error, whose outcome() tells whether the appliance was changed.
 * future::get_result() returns the error without throwing it. No exception crosses the ABI: the
 * library never calls code that can throw.
 *
 * Completions are received by a loop. Each driver has its own loop or shares a given one. A thread
 * that waits for a future handles the events of all futures of the loop. Coroutines are resumed
 * only by threads that call run(), run_one() or poll() of their loop.
 *
 * Threads: any thread may call any function, also on the same driver or loop. A future or a result
 * must not be used by two threads at the same time, as in the standard library.
 *
 * For fork(), signals, exit() and dlclose() see zfssa.h.
 */
#ifndef ZFSSA_HPP
#define ZFSSA_HPP

#include "zfssa/config.hpp"
#include "zfssa/driver.hpp"
#include "zfssa/error.hpp"
#include "zfssa/future.hpp"
#include "zfssa/loop.hpp"
#include "zfssa/metrics.hpp"
#include "zfssa/operations.hpp"
#include "zfssa/pages.hpp"
#include "zfssa/result.hpp"
#include "zfssa/task.hpp"

#endif
