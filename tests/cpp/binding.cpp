// zfssa.hpp on a simulated appliance: `binding CONFIG.toml CASE`, or `binding` for the cases. Says
// what the driver logs and ends with 0, or says what failed.

#include "zfssa.hpp"

#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <future>
#include <iostream>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <type_traits>
#include <vector>

#define CHECK(condition)                                                                          \
    do {                                                                                          \
        if (!(condition)) {                                                                       \
            std::cerr << __FILE__ << ':' << __LINE__ << ": " #condition << std::endl;             \
            std::exit(1);                                                                         \
        }                                                                                         \
    } while (0)

namespace {

using namespace std::chrono_literals;

std::string config_path;

// What must not compile cannot be tried here; what the types say can.
static_assert(!std::is_copy_constructible_v<zfssa::driver>);
static_assert(!std::is_copy_constructible_v<zfssa::config>);
static_assert(!std::is_copy_constructible_v<zfssa::future<zfssa::volume_view>>);
static_assert(!std::is_copy_constructible_v<zfssa::result<zfssa::volume_view>>);
static_assert(std::is_nothrow_move_constructible_v<zfssa::future<zfssa::volume_view>>);
static_assert(std::is_nothrow_copy_constructible_v<zfssa::error>);
static_assert(std::is_move_constructible_v<zfssa::driver>);
static_assert(!std::is_default_constructible_v<zfssa::terminate_connection_request>);

zfssa::config options()
{
    zfssa::config config;
    config.load_toml(config_path);
    return config;
}

// Logs all there is, for the search for secrets.
zfssa::driver open_driver()
{
    zfssa::driver driver(options());
    driver.set_log(ZFSSA_LOG_TRACE, [](const zfssa_log_record_t &record) {
        std::printf("%s: %s %s\n", record.target, record.message, record.fields);
    });
    return driver;
}

zfssa::echo_request echo(const std::string &message, std::uint64_t delay_ms = 0,
                         zfssa_status_t fail_with = ZFSSA_OK)
{
    zfssa::echo_request request;
    request.message = message;
    request.delay_ms = delay_ms;
    request.fail_with = fail_with;
    return request;
}

template <typename Function> zfssa::error thrown(Function function)
{
    try {
        function();
    } catch (const zfssa::error &error) {
        return error;
    }
    std::cerr << "nothing was thrown" << std::endl;
    std::exit(1);
}

void volumes()
{
    zfssa::driver driver = open_driver();
    auto report = driver.do_setup().get();
    CHECK(!report->changes().empty() && report->target_iqn().substr(0, 4) == "iqn.");

    zfssa::create_volume_request request;
    request.name = "volume-1";
    request.size_gib = 2;
    request.extra_specs = {{"zfssa:compression", "gzip"}, {"other:key", "x"}};
    auto made = driver.create_volume(request).get();
    CHECK(made && made->created() && made->managed() == true);
    CHECK(made->name() == "volume-1" && made->compression() == "gzip");
    CHECK(made->size_bytes() == std::uint64_t{2} << 30);
    CHECK(!made->origin() && made->initiator_groups().empty());
    CHECK(made.requests() > 0 && made.elapsed() > 0us);
    CHECK(made.json().find("\"volume-1\"") != std::string_view::npos);

    auto moved = std::move(made);
    CHECK(moved->guid().size() == 32);

    request.size_gib = 3;
    auto refused = driver.create_volume(request).get_result();
    CHECK(!refused && refused.status() == ZFSSA_E_VOLUME_EXISTS);
    CHECK(refused.error().outcome() == ZFSSA_OUTCOME_REJECTED);
    const auto error = thrown([&] { refused.value(); });
    CHECK(error.status() == ZFSSA_E_VOLUME_EXISTS && error.status_name() == "VOLUME_EXISTS");
    CHECK(error.resource() == "volume-1" && error.operation() == "create_volume");
    CHECK(error.http_status() == 409 && !error.retryable());
    CHECK(std::strstr(error.what(), "volume-1") != nullptr);

    zfssa::create_snapshot_request snapshot;
    snapshot.volume = "volume-1";
    snapshot.name = "snapshot-1";
    auto taken = driver.create_snapshot(snapshot).get();
    zfssa::create_volume_from_snapshot_request clone;
    clone.name = "volume-2";
    clone.size_gib = 2;
    clone.source_volume = "volume-1";
    clone.snapshot = "snapshot-1";
    auto cloned = driver.create_volume_from_snapshot(clone).get();
    CHECK(cloned->origin() && cloned->origin()->snapshot() == taken->name());

    auto listed = driver.list_volumes().get();
    std::vector<std::string> names;
    for (const auto volume : listed->volumes())
        names.emplace_back(volume.name());
    CHECK((names == std::vector<std::string>{"volume-1", "volume-2"}));
    CHECK(listed->volumes()[1].name() == "volume-2");

    auto snapshots = driver.list_snapshots({zfssa::every}).get();
    CHECK(snapshots->snapshots().size() == 1);
    snapshots = driver.list_snapshots({"volume-2"}).get();
    CHECK(snapshots->snapshots().empty());
    const zfssa::metrics metrics = driver.metrics();
    CHECK(driver.close(zfssa::closing::drain, 10s));
    CHECK(metrics.values().logins == 1 && metrics.values().durations_count > 3);
    const auto requests = "\nzfssa_requests_total " + std::to_string(metrics.values().requests);
    CHECK(metrics.prometheus().find(requests + '\n') != std::string_view::npos);
}

void pages()
{
    zfssa::driver driver = open_driver();
    driver.do_setup().get();
    const std::vector<std::string> names = {"volume-p1", "volume-p2", "volume-p3"};
    for (const auto &name : names) {
        driver.create_volume({name, 1, {}}).get();
        driver.create_snapshot({name, "snapshot-1"}).get();
    }
    std::vector<std::string> found;
    std::vector<std::uint32_t> requests;
    zfssa::list_volumes_request list;
    list.prefix = "volume-p";
    list.limit = 2;
    for (const auto &page : zfssa::volume_pages(driver, list)) {
        for (const auto volume : page->volumes())
            found.emplace_back(volume.name());
        requests.push_back(static_cast<std::uint32_t>(page.requests()));
    }
    CHECK(found == names);
    CHECK((requests == std::vector<std::uint32_t>{1, 0}));

    std::size_t count = 0;
    zfssa::list_snapshots_request snapshots{zfssa::every};
    snapshots.limit = 1;
    for (const auto &page : zfssa::snapshot_pages(driver, snapshots))
        count += page->snapshots().size();
    CHECK(count >= names.size());

    zfssa::get_manageable_volumes_request manageable;
    manageable.offset = 1;
    manageable.limit = 1;
    std::size_t total = 0;
    count = 0;
    for (const auto &page : zfssa::manageable_volume_pages(driver, manageable)) {
        count += page->entries().size();
        total = page->total();
    }
    CHECK(total >= names.size() && count == total - 1);
    count = 0;
    for (const auto &page : zfssa::manageable_snapshot_pages(driver))
        count += page->entries().size();
    CHECK(count >= names.size());
    for (const auto &page : zfssa::audit_pages(driver))
        CHECK(page->fixed() == 0);
    for (const auto &name : names) {
        driver.delete_snapshot({name, "snapshot-1"}).get();
        driver.delete_volume({name}).get();
    }
}

void connections()
{
    zfssa::driver driver = open_driver();
    driver.do_setup().get();
    driver.create_volume({"volume-c", 1, {}}).get();
    const std::string a = "iqn.2004-10.org.example:host-a", b = "iqn.2004-10.org.example:host-b";
    auto first = driver.initialize_connection({"volume-c", "id-c", a}).get();
    auto second = driver.initialize_connection({"volume-c", {}, b}).get();
    CHECK(first->volume_id() == "id-c" && second->volume_id() == "volume-c");
    CHECK(first->target_portals().size() == first->target_luns().size());
    CHECK(first->target_luns()[0] == first->target_lun());
    CHECK(first->auth_method() == "CHAP" && first->auth_password()->size() >= 12);
    CHECK(first.json().find(*first->auth_password()) == std::string_view::npos);

    // One host goes, and the other stays; then every one goes.
    auto left = driver.terminate_connection({"volume-c", a, std::vector<std::string>{b}}).get();
    CHECK(left->initiator_groups().size() == 1 && left->initiator_groups()[0] == "host-b");
    left = driver.terminate_connection({"volume-c", zfssa::every, {}}).get();
    CHECK(left->initiator_groups().empty() && left->changed());
    driver.delete_volume({"volume-c"}).get();
}

void groups()
{
    zfssa::driver driver = open_driver();
    driver.do_setup().get();
    driver.create_volume({"volume-g1", 1, {}}).get();
    driver.create_volume({"volume-g2", 1, {}}).get();
    zfssa::create_group_snapshot_request request;
    request.id = "group-snapshot";
    request.members = {{"volume-g1", "s1"}, {"volume-g2", "s2"}};
    auto taken = driver.create_group_snapshot(request).get();
    CHECK(taken->snapshots().size() == 2);
    zfssa::create_group_from_src_request source;
    source.id = "group-2";
    source.volumes.resize(1);
    source.volumes[0].name = "volume-g3";
    source.volumes[0].source_volume = "volume-g1";
    source.volumes[0].snapshot = "s1";
    source.volumes[0].size_gib = 1;
    source.volumes[0].extra_specs = {{"zfssa:logbias", "throughput"}};
    auto made = driver.create_group_from_src(source).get();
    CHECK(made->volumes().size() == 1 && made->volumes()[0].logbias() == "throughput");
    auto gone = driver.delete_group({"group-2", {"volume-g3"}}).get();
    CHECK(gone->all_deleted() && gone->parts()[0].existed() && gone->parts()[0].status() == 0);
    // An operation without an output gives its JSON.
    auto group = driver.create_group({"group-3"}).get();
    CHECK(group && !group.json().empty());
}

void refusals()
{
    auto problem = thrown([] { zfssa::config().validate(); });
    CHECK(problem.status() == ZFSSA_E_CONFIG && problem.causes().size() > 1);
    problem = thrown([] { options().set("san_api_port", "x").validate(); });
    CHECK(problem.causes().size() == 1);
    CHECK(problem.causes()[0].find("san_api_port") != std::string::npos);
    options().set("san_api_port", "x").forget("san_api_port").validate();
    zfssa::driver driver = open_driver();
    problem = thrown([&] { driver.get_volume({std::string("a\0b", 3)}).get(); });
    CHECK(problem.status() == ZFSSA_E_INVALID_ARGUMENT);
    problem = thrown([&] { driver.get_volume({""}).get(); });
    CHECK(problem.status() == ZFSSA_E_INVALID_ARGUMENT);
    // A refused submission leaves the loop idle.
    driver.loop().run();
    CHECK(driver.close(zfssa::closing::drain, 10s));
    problem = thrown([&] { driver.echo(echo("late")).get(); });
    CHECK(problem.status() == ZFSSA_E_CLOSED);
}

void futures()
{
    zfssa::driver driver = open_driver();
    auto slow = driver.echo(echo("slow", 200));
    auto quick = driver.echo(echo("quick"));
    CHECK(slow.valid() && slow.ticket() != quick.ticket());
    auto said = quick.get();
    CHECK(said->message() == "quick" && !quick.valid());
    CHECK(!slow.wait_for(0ms) && !slow.ready() && slow.valid());
    said = slow.get();
    CHECK(said->message() == "slow");

    auto failed = driver.echo(echo("", 0, ZFSSA_E_NO_SPACE));
    CHECK(thrown([&] { failed.get(); }).status() == ZFSSA_E_NO_SPACE && !failed.valid());

    // Cancelled, and out of time.
    auto cancelled = driver.echo(echo("", 60000));
    cancelled.cancel();
    CHECK(cancelled.get_result().status() == ZFSSA_E_CANCELLED);
    zfssa::call_options hurry;
    hurry.timeout = 1ms;
    CHECK(driver.echo(echo("", 60000), hurry).get_result().status() == ZFSSA_E_DEADLINE);

    // Thrown away: nobody hears of it, nothing leaks.
    static_cast<void>(driver.echo(echo("gone")));
    driver.loop().run();
}

void progress()
{
    zfssa::driver driver = open_driver();
    driver.do_setup().get();
    driver.create_volume({"volume-p", 1, {}}).get();
    std::vector<std::string> steps;
    zfssa::call_options options;
    options.progress = [&steps](const zfssa_progress_t &progress) {
        steps.emplace_back(progress.step);
        throw std::runtime_error("must not cost us the completion");
    };
    zfssa::create_cloned_volume_request request;
    request.name = "volume-q";
    request.size_gib = 2;
    request.source_volume = "volume-p";
    auto cloned = driver.create_cloned_volume(request, options).get();
    CHECK(cloned->created() && !steps.empty());
}

// The records of the requests have the trace of the call, and each a span of its own.
void trace()
{
    const std::string trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
    const std::string parent = "00-" + trace_id + "-00f067aa0ba902b7-01";
    struct records {
        std::mutex lock;
        std::vector<std::string> requests;
    };
    const auto kept = std::make_shared<records>();
    zfssa::driver driver(options());
    driver.set_log(ZFSSA_LOG_DEBUG, [kept](const zfssa_log_record_t &record) {
        const std::string fields = record.fields;
        const std::lock_guard<std::mutex> held(kept->lock);
        if (fields.find("\"request\"") != std::string::npos)
            kept->requests.push_back(fields);
    });
    zfssa::call_options traced;
    traced.traceparent = parent;
    auto setup = driver.do_setup({}, traced).get_result();
    CHECK(setup.ok() && setup.traceparent() == parent && setup.requests() > 0);
    auto untraced = driver.echo(echo("")).get_result();
    CHECK(untraced.ok() && untraced.traceparent().empty());
    traced.traceparent = "rubbish";
    const auto refused = thrown([&] { driver.do_setup({}, traced).get(); });
    CHECK(refused.status() == ZFSSA_E_INVALID_ARGUMENT);

    const auto all = [&] {
        const std::lock_guard<std::mutex> held(kept->lock);
        return kept->requests.size() >= setup.requests();
    };
    while (!all())
        std::this_thread::sleep_for(1ms);
    const std::lock_guard<std::mutex> held(kept->lock);
    for (const auto &fields : kept->requests) {
        CHECK(fields.find("\"trace_id\":\"" + trace_id + "\"") != std::string::npos);
        CHECK(fields.find("\"span_id\":\"") != std::string::npos);
    }
}

// Many threads on one loop: each gets its own result, whoever takes it from the queue.
void threads()
{
    zfssa::driver driver = open_driver();
    std::atomic<int> right{0};
    std::vector<std::thread> hosts;
    for (int host = 0; host < 8; host++)
        hosts.emplace_back([&driver, &right, host] {
            for (int i = 0; i < 50; i++) {
                const std::string mine = std::to_string(host) + "/" + std::to_string(i);
                auto said = driver.echo(echo(mine, static_cast<std::uint64_t>(i % 3))).get();
                right += said->message() == mine ? 1 : 0;
            }
        });
    for (auto &host : hosts)
        host.join();
    CHECK(right == 400);
}

void one_loop_for_two_drivers()
{
    zfssa::loop loop;
    zfssa::driver first(options(), loop), second(options(), loop);
    auto a = first.echo(echo("first", 20));
    auto b = second.echo(echo("second"));
    auto from_a = a.get();
    auto from_b = b.get();
    CHECK(from_a->message() == "first" && from_b->message() == "second");
}

void log()
{
    auto count = std::make_shared<std::atomic<int>>(0);
    std::promise<void> told;
    zfssa::driver driver = open_driver();
    driver.set_log(ZFSSA_LOG_INFO, [count, &told](const zfssa_log_record_t &record) {
        CHECK(record.message != nullptr);
        if ((*count)++ == 0)
            told.set_value();
        throw std::runtime_error("must not reach the library");
    });
    driver.do_setup().get();
    told.get_future().wait();
    // Setting another waits until the one before is given up.
    driver.set_log(ZFSSA_LOG_OFF, [](const zfssa_log_record_t &) {});
    CHECK(*count > 0 && count.use_count() == 1);
    // A function that was refused is given up, too.
    CHECK(thrown([&] { driver.set_log(99, [count](const zfssa_log_record_t &) {}); }).status() ==
          ZFSSA_E_INVALID_ARGUMENT);
    CHECK(count.use_count() == 1);
}

#ifdef ZFSSA_HAS_COROUTINES

zfssa::task<std::string> life(zfssa::driver &driver, std::string name)
{
    auto creation = driver.create_volume({.name = name, .size_gib = 1});
    auto made = co_await creation;
    creation = driver.create_volume({.name = name, .size_gib = 2});
    auto again = co_await creation.as_result();
    CHECK(again.status() == ZFSSA_E_VOLUME_EXISTS);
    auto deletion = driver.delete_volume({.name = name});
    auto gone = co_await deletion;
    CHECK(gone->existed());
    co_return std::string(made->name());
}

zfssa::task<int> both(zfssa::driver &driver)
{
    // Submitted at once, awaited later: both are in flight together.
    auto first = driver.echo(echo("1", 30));
    auto second = driver.echo(echo("2"));
    const auto two = co_await second;
    const auto one = co_await first;
    CHECK(one->message() == "1" && two->message() == "2" && !first.valid());
    const std::string name = co_await life(driver, "volume-inner");
    CHECK(name == "volume-inner");
    bool caught = false;
    try {
        co_await driver.echo(echo("", 0, ZFSSA_E_BUSY));
    } catch (const zfssa::error &error) {
        caught = error.status() == ZFSSA_E_BUSY && error.retryable();
    }
    CHECK(caught);
    co_return 7;
}

void coroutines()
{
    zfssa::driver driver = open_driver();
    driver.do_setup().get();
    CHECK(driver.loop().run(both(driver)) == 7);
    CHECK(thrown([&] {
              driver.loop().run([](zfssa::driver &one) -> zfssa::task<> {
                  co_await one.echo(echo("", 0, ZFSSA_E_FAULT));
              }(driver));
          }).status() == ZFSSA_E_FAULT);

    std::vector<zfssa::task<std::string>> lives;
    for (int i = 0; i < 20; i++)
        lives.push_back(life(driver, "volume-" + std::to_string(i)));
    for (auto &one : lives)
        one.start();
    driver.loop().run();
    for (std::size_t i = 0; i < lives.size(); i++)
        CHECK(lives[i].done() && lives[i].get() == "volume-" + std::to_string(i));
}

// A coroutine in a loop of the host's own, while another thread blocks on the same driver and
// takes the coroutine's completions: it is resumed in the host's thread all the same.
void coroutines_in_a_loop_of_the_hosts()
{
    zfssa::driver driver = open_driver();
    const auto here = std::this_thread::get_id();
    bool same = true;
    auto task = [](zfssa::driver &one, std::thread::id host, bool &right) -> zfssa::task<> {
        for (int i = 0; i < 100; i++) {
            co_await one.echo(echo("", 1));
            right = right && std::this_thread::get_id() == host;
        }
    }(driver, here, same);
    auto other = driver.echo(echo("", 60000));
    const zfssa_ticket_t ticket = other.ticket();
    std::thread blocked([&other] { CHECK(other.get_result().status() == ZFSSA_E_CANCELLED); });
    task.start();
    pollfd poll_for = {driver.loop().fd(), POLLIN, 0};
    while (!task.done()) {
        CHECK(poll(&poll_for, 1, 10000) == 1);
        driver.loop().poll();
    }
    task.get();
    CHECK(same);
    CHECK(zfssa_ticket_cancel(ticket, nullptr) == ZFSSA_OK);
    blocked.join();
}

// Thrown away while it waits: never resumed, and nothing is leaked.
void coroutine_thrown_away()
{
    zfssa::driver driver = open_driver();
    {
        auto task = [](zfssa::driver &one) -> zfssa::task<> {
            co_await one.echo(echo("", 20));
            CHECK(!"resumed after its end");
        }(driver);
        task.start();
    }
    driver.loop().run();
}

#endif

struct test_case {
    const char *name;
    void (*run)();
};

const test_case cases[] = {
    {"volumes", volumes},
    {"pages", pages},
    {"connections", connections},
    {"groups", groups},
    {"refusals", refusals},
    {"futures", futures},
    {"progress", progress},
    {"trace", trace},
    {"threads", threads},
    {"one_loop_for_two_drivers", one_loop_for_two_drivers},
    {"log", log},
#ifdef ZFSSA_HAS_COROUTINES
    {"coroutines", coroutines},
    {"coroutines_in_a_loop_of_the_hosts", coroutines_in_a_loop_of_the_hosts},
    {"coroutine_thrown_away", coroutine_thrown_away},
#endif
};

} // namespace

int main(int argc, char **argv)
{
    for (const auto &one : cases) {
        if (argc < 3)
            std::cout << one.name << '\n';
        else if (std::strcmp(argv[2], one.name) == 0) {
            config_path = argv[1];
            try {
                one.run();
            } catch (const std::exception &error) {
                std::cerr << error.what() << std::endl;
                return 1;
            }
            CHECK(zfssa_objects_alive() == 0);
            return 0;
        }
    }
    return argc < 3 ? 0 : 2;
}
