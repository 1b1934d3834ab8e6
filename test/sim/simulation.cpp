#include "sim/simulation.hpp"

#include "sim/ledger.hpp"
#include "sim/participant.hpp"
#include "sim/platter.hpp"
#include "sim/verdict.hpp"

#include <algorithm>
#include <deque>
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

// What a run is about: the download that the scenario names, and the others.
struct theme
{
    scenario const* what = nullptr;
    std::shared_ptr<site const> content;
    platter* disk = nullptr;
};

class simulation
{
public:
    simulation(std::vector<theme> const& all, interference const& how, std::ostream* log);
    simulation(simulation const&) = delete;
    simulation& operator=(simulation const&) = delete;

    void run();
    std::vector<facts> take_facts();

private:
    participant& first() { return *participants_.front(); }
    void note(std::string const& happened);
    void fail(std::string what) { first().seen().failures.push_back(std::move(what)); }
    void add_participants(std::vector<theme> const& all);
    void make_traps();
    void start();
    bool go_on();
    bool rouse();
    void interfere();
    void destroy();
    bool is_over() const;
    void called();

    interference how_;
    std::ostream* log_;
    std::uint64_t step_count_max_;
    seam_watch watch_;
    std::vector<std::unique_ptr<participant>> participants_;
    std::optional<world> outside_;
    std::optional<hosts> streets_;
    std::optional<engine> engine_;
    std::uint64_t handler_calls_ = 0;
    duration elapsed_{};
    bool is_gone_ = false; // the engine
};

simulation::simulation(std::vector<theme> const& all, interference const& how, std::ostream* log)
    : how_(how)
    , log_(log)
    , step_count_max_(step_count_max * all.size() * all.size()) // who waits looks around once a second
    , watch_([this](std::string const& happened) { note(happened); })
{
    outside_.emplace(all.front().what->seed);
    streets_.emplace(*outside_);
    if (how_.what == kind::throw_in_seam)
        watch_.throw_at = how_.at;
    watch_.on_throw = [this] { streets_->forget_wishes(); };
    add_participants(all);
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

// What is done to a file's calls, is done to those of the first one alone.
void simulation::add_participants(std::vector<theme> const& all)
{
    auto is_cut = false;
    for (auto const& each : all)
    {
        auto const is_first = participants_.empty();
        each.disk->start(
            each.what->disk, is_first ? how_ : interference(), [this](std::string const& happened) { note(happened); });
        participant::surroundings around{
            *outside_, watch_, *streets_, [this](std::string const& happened) { note(happened); },
            [this] { called(); }};
        participants_.push_back(std::make_unique<participant>(
            *each.what, each.content, *each.disk, std::move(around), participants_.size()));
        is_cut = is_cut || std::ranges::any_of(each.what->mirrors, &mirror_manner::reads_are_cut);
    }
    if (!is_cut)
        return;
    outside_->net->cut_reads([chance = dice(all.front().what->seed)]() mutable {
        auto const most = chance.chance(20) ? 4 : 4096;
        return chance.between(1, static_cast<std::uint64_t>(most));
    });
}

// What must not be reached, whoever sends us there.
void simulation::make_traps()
{
    auto const trap = [this](request const& asked) {
        fail("reached what must not be reached: " + asked.field("Host") + asked.target);
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
    auto const& limits = first().what().engine;
    options.worker_executor = executor;
    options.worker_count = 2;
    options.net = watched(outside_->net, watch_);
    options.time = watched(outside_->time, watch_);
    options.rate_max = limits.rate_max;
    options.host_requests_max = limits.host_requests_max;
    options.requests_max = limits.requests_max;
    options.buffered_size_max = limits.buffered_size_max;
    options.known_servers = first().what().known_servers;
    engine_.emplace(executor, std::move(options));
    first().begin(*engine_);
}

void simulation::called()
{
    if (++handler_calls_ == how_.at && how_.what == kind::throw_in_handler)
        throw thrown_by_handler();
}

// One handler, or, where there is none, the next moment at which something happens. False: nothing will ever happen.
bool simulation::go_on()
{
    auto& context = outside_->context;
    for (auto const& each : participants_)
    {
        if (!is_gone_ && each->is_due(context.steps()))
            each->begin(*engine_);
        each->look(context.steps());
    }
    if (is_over())
        return true;
    if (context.is_idle())
        return rouse() || context.advance();
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

// If nothing is left to be done but for those who come later: they come now, and then that is all.
bool simulation::rouse()
{
    auto is_at_rest = !is_gone_;
    for (auto const& each : participants_)
    {
        if (each->begin_guest() || each->close_at_rest())
            return true;
        is_at_rest = is_at_rest && (!each->has_begun() || each->is_at_rest());
    }
    for (auto const& each : participants_)
        if (is_at_rest && !each->has_begun())
        {
            each->begin(*engine_);
            return true;
        }
    return false;
}

bool simulation::is_over() const
{
    return std::ranges::all_of(
        participants_, [this](auto const& each) { return each->has_begun() ? each->is_over() : is_gone_; });
}

void simulation::interfere()
{
    constexpr asio::cancellation_type types[] = {
        asio::cancellation_type::terminal, asio::cancellation_type::partial, asio::cancellation_type::total};
    switch (how_.what)
    {
    case kind::cancel:
        first().cancel(types[how_.at % std::size(types)]);
        break;
    case kind::close:
        first().close();
        break;
    case kind::close_mirror:
        first().remove_mirror(how_.at);
        break;
    case kind::stop:
        note("stop");
        for (auto const& each : participants_)
            each->was_ended();
        engine_->async_stop([this](error_code error) {
            ++first().seen().stops;
            if (error)
                fail("stopping ended with " + error.message());
        });
        first().seen().stops_begun = 1;
        break;
    case kind::drop:
        note("drop");
        is_gone_ = true;
        for (auto const& each : participants_)
            each->drop();
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
    is_gone_ = true;
    // Either may go first, and both before what they run on.
    if (how_.at % 2 == 0)
        engine_.reset();
    for (auto const& each : participants_)
        each->destroy();
    engine_.reset();
}

void simulation::run()
{
    auto const is_at_a_step = how_.what >= kind::cancel && how_.what <= kind::destroy;
    auto has_interfered = !is_at_a_step;
    auto& context = outside_->context;
    for (auto goes_on = true; goes_on && !is_over();)
    {
        if (!has_interfered && context.steps() >= how_.at)
        {
            has_interfered = true;
            interfere();
            if (first().seen().was_destroyed)
                return;
        }
        goes_on = go_on();
        if (context.steps() > step_count_max_)
        {
            fail("goes round in circles");
            first().seen().was_destroyed = true;
            return;
        }
    }
    elapsed_ = context.now().time_since_epoch() - 1h;
    if (!is_over())
        fail("hangs: nothing is left to run, and it hasn't ended");
    for (auto const& each : participants_)
        each->look_back();
    if (engine_)
        first().seen().check_known(engine_->known_servers(std::chrono::sys_seconds(20'000 * 24h)));
    is_gone_ = true;
    engine_.reset();
    while (context.run_one() || context.advance())
    {}
    if (context.waits() != 0)
        fail("somebody still waits");
}

std::vector<facts> simulation::take_facts()
{
    run_figures figures;
    figures.steps = outside_->context.steps();
    figures.trace = outside_->context.trace();
    figures.elapsed = elapsed_;
    figures.is_crowded = participants_.size() > 1;
    figures.seam_calls = watch_.calls();
    figures.handler_calls = handler_calls_;
    figures.most_under_way = streets_->most_under_way();
    figures.most_at_one_host = streets_->most_at_one_host();
    for (auto const& each : participants_)
        each->destroy_handles();
    engine_.reset();
    auto const net = outside_->net;
    streets_.reset();
    outside_.reset();
    figures.live_streams = net->live_streams();
    figures.storages = watch_.storages;
    figures.open_storages = watch_.open_storages;
    std::vector<facts> all;
    for (auto const& each : participants_)
    {
        all.push_back(each->take_facts());
        figures.sleeps += all.back().sleeps;
    }
    for (auto& each : all)
        each.run = figures;
    return all;
}

report report_of(facts const& seen)
{
    report made;
    made.error = seen.error;
    made.is_over = seen.completions != 0;
    made.steps = seen.run.steps;
    made.trace = seen.run.trace;
    made.seam_calls = seen.run.seam_calls;
    made.handler_calls = seen.run.handler_calls;
    made.elapsed = seen.run.elapsed;
    for (auto const& each : seen.mirrors)
    {
        made.requests += each.account.requests;
        made.faults += each.account.faults;
    }
    return made;
}

// Of each of them.
std::vector<report> simulate_all(std::vector<theme> const& all, interference const& how, std::ostream* log)
{
    simulation one(all, how, log);
    one.run();
    auto seen = one.take_facts();
    std::vector<case_of_one> cases;
    for (std::size_t i = 0; i != all.size(); ++i)
        cases.push_back({*all[i].what, *all[i].content, *all[i].disk, seen[i]});
    auto const failures = judge(cases, how);
    std::vector<report> made;
    for (std::size_t i = 0; i != all.size(); ++i)
    {
        auto& each = made.emplace_back(report_of(seen[i]));
        each.failures = failures[i];
        each.file_calls = all[i].disk->calls();
    }
    return made;
}

// The platters and contents of a scenario's downloads, and how they fared.
class stage
{
public:
    // The first one's platter and content may be there already.
    explicit stage(scenario const& what, platter* disk = nullptr, std::shared_ptr<site const> content = nullptr)
    {
        add(what, disk, std::move(content));
        for (auto const& each : what.others)
            add(each, nullptr, nullptr);
    }

    std::vector<theme> const& all() const noexcept { return all_; }

private:
    void add(scenario const& what, platter* disk, std::shared_ptr<site const> content)
    {
        if (!content)
            content = make_site(what);
        if (!disk)
            disk = &disks_.emplace_back(*content, what);
        all_.push_back({&what, std::move(content), disk});
    }

    std::deque<platter> disks_;
    std::vector<theme> all_;
};

} // namespace

report simulate_on(
    platter& disk, scenario const& what, std::shared_ptr<site const> const& content, interference const& how,
    std::ostream* log)
{
    stage const place(what, &disk, content);
    auto all = simulate_all(place.all(), how, log);
    auto& made = all.front();
    for (std::size_t i = 1; i != all.size(); ++i)
        made.failures.insert(made.failures.end(), all[i].failures.begin(), all[i].failures.end());
    return std::move(made);
}

namespace {

// Whatever happened: with an honest mirror and a sound disk the next run makes everything right.
void recover(theme const& from, interference const& how, std::ostream* log, std::vector<std::string>& failures)
{
    auto const& what = *from.what;
    if (what.kept_size_max != 0)
        return; // nothing is stored
    auto const next = recovery_of(what);
    std::optional<platter> after;
    if (what.disk.remember_every != duration{} && what.seed % 2 == 0) // before which the machine lost power
    {
        dice chance(what.seed + how.at);
        after.emplace(from.disk->disk().crashed(chance), *from.disk);
    }
    for (auto& each : simulate_on(after ? *after : *from.disk, next, make_site(next), {}, log).failures)
        failures.push_back("the next run: " + each);
}

report simulate_and_recover(scenario const& what, interference const& how, std::ostream* log)
{
    stage const place(what);
    auto const all = simulate_all(place.all(), how, log);
    auto made = all.front();
    for (std::size_t i = 0; i != all.size(); ++i)
    {
        for (auto const& each : all[i].failures)
            if (i != 0)
                made.failures.push_back("download " + std::to_string(i) + ": " + each);
        if (!all[i].is_complete() && all[i].failures.empty())
            recover(place.all()[i], how, log, made.failures);
    }
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
