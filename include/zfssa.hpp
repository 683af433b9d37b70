/* zfssa.hpp: zfssa.h for C++17 and later. Header-only; link what a C program links.
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
 * WHAT TO RELY ON
 *
 * Ownership: every object owns its handle of zfssa.h and frees it. Configurations, drivers and
 * results can be moved and not copied. What a result shows (text, lists, other views) belongs to
 * the result; so a result must have a name before anything is read from it.
 *
 * Operations are submitted at once, with copies of what the request holds, and give a future.
 * Any number may be in flight. A future that is thrown away leaves its operation alone: it goes
 * on, and nobody learns how it ended.
 *
 * Errors: what fails throws zfssa::error, which says whether the appliance was changed
 * (outcome()). Who prefers to look and not to catch takes future::get_result(). No exception
 * crosses the ABI: the library never calls into code that can throw.
 *
 * Completions come back on a loop. Each driver has one, or shares one that it was given. A thread
 * that waits for a future takes what arrives for all of them. Coroutines are resumed by nobody
 * but the threads that call run(), run_one() or poll() of their loop.
 *
 * Any function may be called from any thread, also on the same driver or loop. A future or a
 * result is for one thread at a time, as those of the standard library are.
 *
 * The rules for fork(), signals, exit() and dlclose() are those of zfssa.h.
 */
#ifndef ZFSSA_HPP
#define ZFSSA_HPP

#include "zfssa/config.hpp"
#include "zfssa/driver.hpp"
#include "zfssa/error.hpp"
#include "zfssa/future.hpp"
#include "zfssa/loop.hpp"
#include "zfssa/operations.hpp"
#include "zfssa/result.hpp"
#include "zfssa/task.hpp"

#endif
