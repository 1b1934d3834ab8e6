#include "sim/simulation.hpp"

#include "sim/ledger.hpp"
#include "sim/mirror.hpp"
#include "sim/platter.hpp"
#include "sim/seams.hpp"
#include "sim/verdict.hpp"
#include "support/content.hpp"
#include "support/world.hpp"

#include <webseed/engine.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <algorithm>
#include <optional>
#include <ostream>
#include <stdexcept>

namespace webseed::test::sim {

using namespace std::chrono_literals;
using kind = interference::kind;

namespace {

// A run that hasn't ended by then goes round in circles.
constexpr std::uint64_t step_count_max = 400'000;

class thrown_by_handler : public std::runtime_error
{
public:
    thrown_by_handler()
        : std::runtime_error("thrown by a completion handler")
    {}
};

class simulation
{
public:
    simulation(
        scenario const& what, std::shared_ptr<site const> content, platter& disk, interference const& how,
        std::ostream* log);
    simulation(simulation const&) = delete;
    simulation& operator=(simulation const&) = delete;

    void run();
    facts take_facts();

private:
    void note(std::string const& happened);
    void make_mirrors();
    void make_traps();
    void start();
    void listen();
    void heard(error_code error, event const& happened);
    bool go_on();
    void act(action const& one);
    void interfere();
    void destroy();
    bool is_over() const { return facts_.completions != 0 && !is_listening_; }
    void called();

    scenario const& what_;
    std::shared_ptr<site const> site_;
    platter& disk_;
    interference how_;
    std::ostream* log_;
    facts facts_;
    seam_watch watch_;
    dice chance_;
    std::vector<std::unique_ptr<mirror>> mirrors_;
    asio::cancellation_signal cancel_;
    std::optional<world> outside_;
    std::optional<engine> engine_;
    download download_;
    std::size_t next_action_ = 0;
    bool is_listening_ = false;
    bool is_gone_ = false; // the handle
};

simulation::simulation(
    scenario const& what, std::shared_ptr<site const> content, platter& disk, interference const& how,
    std::ostream* log)
    : what_(what)
    , site_(std::move(content))
    , disk_(disk)
    , how_(how)
    , log_(log)
    , watch_([this](std::string const& happened) { note(happened); })
    , chance_(what.seed * 2 + 1)
{
    outside_.emplace(what.seed);
    if (how_.what == kind::throw_in_seam)
        watch_.throw_at = how_.at;
    watch_.on_throw = [this] {
        for (auto const& each : mirrors_)
            each->forget_wishes();
    };
    if (what.disk.wrong_read_percent != 0)
        watch_.spoils_read = [this] { return chance_.chance(what_.disk.wrong_read_percent); };
    watch_.on_recall = [this](known_content const& known) { facts_.check_recalled(*site_, disk_, known); };
    disk_.start(what_.disk, how_, [this](std::string const& happened) { note(happened); });
    make_mirrors();
    make_traps();
    start();
}

void simulation::note(std::string const& happened)
{
    if (!outside_)
        return;
    outside_->context.note(happened);
    if (log_)
    {
        auto const now =
            std::chrono::duration_cast<std::chrono::microseconds>(outside_->context.now().time_since_epoch() - 1h);
        *log_ << outside_->context.steps() << " at " << now.count() << " us: " << happened << '\n';
    }
}

void simulation::make_mirrors()
{
    for (auto const& manner : what_.mirrors)
    {
        mirror::surroundings around{
            site_, what_.options, [this] { return outside_->context.now(); },
            [this](std::string const& happened) { note(happened); }};
        auto& made = *mirrors_.emplace_back(
            std::make_unique<mirror>(manner, std::move(around), dice(chance_.next()), mirrors_.size()));
        for (auto const& host : {manner.host, manner.second_host()})
        {
            outside_->net->serve(host, [&made, host](request const& asked) { return made.respond(asked, host); });
            outside_->net->on_connect(host, [&made] { return made.connect(); });
            outside_->net->locate(host, [&made, host] { return made.address(host); });
        }
    }
    if (std::ranges::any_of(what_.mirrors, &mirror_manner::reads_are_cut))
        outside_->net->cut_reads([this] { return chance_.between(1, chance_.chance(20) ? 4 : 4096); });
}

// What must not be reached, whoever sends us there.
void simulation::make_traps()
{
    auto const trap = [this](request const& asked) {
        facts_.failures.push_back("reached what must not be reached: " + asked.field("Host") + asked.target);
        return std::vector<step>{reset_stream{}};
    };
    for (std::string host : hosts_inside)
    {
        std::erase_if(host, [](char c) { return c == '[' || c == ']'; });
        outside_->net->serve(host, trap);
    }
    outside_->net->serve("::ffff:a00:1", trap);
    outside_->net->serve("unsafe", trap);
    outside_->net->locate("localhost", [] { return asio::ip::make_address("127.0.0.1"); });
    outside_->net->locate("inside", [] { return asio::ip::make_address("192.168.0.7"); });
}

void simulation::start()
{
    engine_options options;
    auto const executor = outside_->context.get_executor();
    options.worker_executor = executor;
    options.worker_count = 2;
    options.net = watched(outside_->net, watch_);
    options.time = watched(outside_->time, watch_);
    options.rate_max = what_.engine_rate_max;
    engine_.emplace(executor, std::move(options));
    std::vector<std::string> urls;
    for (auto const& each : mirrors_)
        if (each->manner().speaks == speech::files && !each->manner().is_from_torrent)
            urls.push_back(each->manner().url());
    auto const time_max = what_.disk.operation_time;
    auto const remembers = what_.disk.remember_every != duration{};
    auto pause = [this, time_max] {
        if (time_max == duration{})
            return time_max;
        auto const drawn = duration(chance_.below(static_cast<std::uint64_t>(time_max.count())));
        facts_.storage_time += drawn;
        return drawn;
    };
    auto store = watched(disk_.make_storage(site_->torrent, remembers), watch_, outside_->context, std::move(pause));
    auto asking = what_.options;
    if (remembers)
        asking.remember_interval = std::chrono::duration_cast<std::chrono::milliseconds>(what_.disk.remember_every);
    for (auto const& each : what_.mirrors)
        if (each.is_from_torrent && each.speaks == speech::files)
            asking.more_torrent_seeds.push_back(each.url());
    download_ = engine_->add(site_->torrent, std::move(store), urls, std::move(asking));
    download_.async_run(asio::bind_cancellation_slot(cancel_.slot(), [this](error_code error) {
        note("ended: " + error.message());
        ++facts_.completions;
        facts_.error = error;
        facts_.ended = outside_->context.now().time_since_epoch() - 1h;
        if (!is_gone_)
            facts_.last = download_.stats();
        called();
    }));
    if (what_.has_listener)
        listen();
}

void simulation::called()
{
    if (++facts_.handler_calls == how_.at && how_.what == kind::throw_in_handler)
        throw thrown_by_handler();
}

void simulation::listen()
{
    is_listening_ = true;
    download_.async_next_event([this](error_code error, event const& happened) { heard(error, happened); });
}

void simulation::heard(error_code error, event const& happened)
{
    is_listening_ = false;
    if (error)
    {
        note("no more events: " + error.message());
        if (error != errc::closed)
            facts_.failures.push_back("listening ended with " + error.message());
    }
    else
    {
        note("event " + std::to_string(happened.index()));
        facts_.check_event(happened);
        if (auto const* finished = std::get_if<file_finished>(&happened))
            facts_.check_file(*site_, disk_, finished->file);
        if (!is_gone_)
            listen();
    }
    called();
}

// One handler, or, where there is none, the next moment at which something happens. False: nothing will ever happen.
bool simulation::go_on()
{
    auto& context = outside_->context;
    while (next_action_ != what_.actions.size() && what_.actions[next_action_].at <= context.steps())
        act(what_.actions[next_action_++]);
    if (context.is_idle())
        return context.advance();
    try
    {
        context.run_one();
    }
    catch (thrown_by_handler const&)
    {
        note("a handler has thrown");
    }
    return true;
}

void simulation::act(action const& one)
{
    if (is_gone_)
        return;
    auto& target = *mirrors_[one.which % mirrors_.size()];
    switch (one.what)
    {
    case action::kind::add_mirror:
        note("add " + target.manner().url());
        target.may_be_users();
        download_.add_seed(target.manner().url());
        break;
    case action::kind::add_nonsense:
        note("add nonsense");
        if (!download_.add_seed("gopher://nowhere"))
            facts_.failures.push_back("a URL of no use was taken");
        break;
    case action::kind::remove_mirror:
        note("remove " + target.manner().url());
        facts_.removed.push_back(target.manner().host);
        download_.remove_seed(target.manner().url());
        break;
    case action::kind::look:
        facts_.check_stats(download_.stats());
        facts_.check_text(download_.diagnosis());
        break;
    case action::kind::sleep:
        note("the process sleeps");
        ++facts_.sleeps;
        outside_->context.jump(std::chrono::seconds(one.which));
        break;
    case action::kind::cancel:
        note("cancel");
        facts_.was_ended = true;
        cancel_.emit(asio::cancellation_type::terminal);
        break;
    case action::kind::close:
        note("close");
        facts_.was_ended = true;
        download_.close();
        break;
    }
}

void simulation::interfere()
{
    constexpr asio::cancellation_type types[] = {
        asio::cancellation_type::terminal, asio::cancellation_type::partial, asio::cancellation_type::total};
    auto& target = *mirrors_[how_.at % mirrors_.size()];
    facts_.was_ended = how_.what != kind::close_mirror;
    switch (how_.what)
    {
    case kind::cancel:
        note("cancel");
        cancel_.emit(types[how_.at % std::size(types)]);
        break;
    case kind::close:
        note("close");
        download_.close();
        break;
    case kind::close_mirror:
        note("remove " + target.manner().url());
        facts_.removed.push_back(target.manner().host);
        download_.remove_seed(target.manner().url());
        break;
    case kind::stop:
        note("stop");
        engine_->async_stop([this](error_code error) {
            ++facts_.stops;
            if (error)
                facts_.failures.push_back("stopping ended with " + error.message());
        });
        facts_.stops_begun = 1;
        break;
    case kind::drop:
        note("drop");
        is_gone_ = true;
        download_ = {};
        engine_.reset();
        break;
    default:
        destroy();
        break;
    }
}

void simulation::destroy()
{
    note("destroy");
    facts_.was_destroyed = true;
    is_gone_ = true;
    // Either may go first, and both before what they run on.
    if (how_.at % 2 == 0)
        engine_.reset();
    download_ = {};
    engine_.reset();
}

void simulation::run()
{
    auto const is_at_a_step = how_.what >= kind::cancel && how_.what <= kind::destroy;
    auto has_interfered = !is_at_a_step;
    auto& context = outside_->context;
    for (auto goes_on = true; goes_on && !is_over();)
    {
        if (!has_interfered && context.steps() == how_.at)
        {
            has_interfered = true;
            interfere();
            if (facts_.was_destroyed)
                return;
        }
        goes_on = go_on();
        if (context.steps() > step_count_max)
        {
            facts_.failures.push_back("goes round in circles");
            facts_.was_destroyed = true;
            return;
        }
    }
    facts_.elapsed = context.now().time_since_epoch() - 1h;
    if (!is_over())
        facts_.failures.push_back("hangs: nothing is left to run, and it hasn't ended");
    if (!is_gone_)
    {
        facts_.diagnosis = download_.diagnosis();
        facts_.check_text(facts_.diagnosis);
        facts_.check_stats(download_.stats());
    }
    is_gone_ = true;
    download_ = {};
    engine_.reset();
    while (context.run_one() || context.advance())
    {}
    if (context.waits() != 0)
        facts_.failures.push_back("somebody still waits");
}

facts simulation::take_facts()
{
    auto& made = facts_;
    made.steps = outside_->context.steps();
    made.trace = outside_->context.trace();
    made.seam_calls = watch_.calls();
    download_ = {};
    engine_.reset();
    auto const net = outside_->net;
    outside_.reset();
    for (auto const& each : mirrors_)
        made.mirrors.push_back({each->manner(), each->so_far()});
    made.live_streams = net->live_streams();
    made.storages = watch_.storages;
    made.open_storages = watch_.open_storages;
    made.disk_failed = disk_.has_failed();
    made.open_files = disk_.open_files();
    made.file_calls = disk_.calls();
    return std::move(facts_);
}

} // namespace

report simulate_on(
    platter& disk, scenario const& what, std::shared_ptr<site const> const& content, interference const& how,
    std::ostream* log)
{
    simulation one(what, content, disk, how, log);
    one.run();
    auto const seen = one.take_facts();
    report made;
    made.failures = judge(what, how, *content, disk, seen);
    made.error = seen.error;
    made.is_over = seen.completions != 0;
    made.steps = seen.steps;
    made.trace = seen.trace;
    made.seam_calls = seen.seam_calls;
    made.handler_calls = seen.handler_calls;
    made.file_calls = seen.file_calls;
    made.elapsed = seen.elapsed;
    for (auto const& each : seen.mirrors)
    {
        made.requests += each.account.requests;
        made.faults += each.account.faults;
    }
    return made;
}

namespace {

report simulate_and_recover(scenario const& what, interference const& how, std::ostream* log)
{
    auto const content = make_site(what);
    platter disk(*content, what);
    auto made = simulate_on(disk, what, content, how, log);
    if (made.is_complete() || !made.failures.empty())
        return made;
    // Whatever happened: with an honest mirror and a sound disk the next run makes everything right.
    auto const next = recovery_of(what);
    std::optional<platter> after;
    if (what.disk.remember_every != duration{} && what.seed % 2 == 0) // before which the machine lost power
    {
        dice chance(what.seed + how.at);
        after.emplace(disk.disk().crashed(chance), disk);
    }
    for (auto& each : simulate_on(after ? *after : disk, next, make_site(next), {}, log).failures)
        made.failures.push_back("the next run: " + each);
    return made;
}

} // namespace

report simulate(scenario const& what, interference const& how, std::ostream* log)
{
    ledger const memory;
    auto made = simulate_and_recover(what, how, log);
    if (memory.live() != 0 && made.failures.empty())
        made.failures.push_back(std::to_string(memory.live()) + " bytes of memory are left");
    if (memory.peak() > memory_bound(what))
        made.failures.push_back(
            "held " + std::to_string(memory.peak()) + " bytes of memory, and " + std::to_string(memory_bound(what)) +
            " are allowed");
    return made;
}

} // namespace webseed::test::sim
