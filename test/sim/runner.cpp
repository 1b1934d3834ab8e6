#include "sim/runner.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <thread>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace webseed::test::sim {

namespace {

constexpr std::uint64_t failures_told_max = 20;

// What the processes of a suite share: each writes to its own.
struct tally
{
    std::uint64_t current = 0; // the case
    std::uint64_t runs = 0;
    std::uint64_t failures = 0;
    std::uint64_t completed = 0;
    std::uint64_t steps = 0;
    std::uint64_t requests = 0;
    std::uint64_t faults = 0;
    std::uint64_t trace = 0; // of all, in no order
    double hours = 0;        // of virtual time
};

class shared_tallies
{
public:
    explicit shared_tallies(std::size_t count)
        : size_(count * sizeof(tally))
        , first_(::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))
    {
        if (first_ == MAP_FAILED)
            throw std::runtime_error("no memory to share");
    }
    shared_tallies(shared_tallies const&) = delete;
    shared_tallies& operator=(shared_tallies const&) = delete;
    ~shared_tallies() { ::munmap(first_, size_); }

    tally& operator[](std::size_t i) noexcept { return static_cast<tally*>(first_)[i]; }

private:
    std::size_t size_;
    void* first_;
};

void tell_failure(std::string const& program, named_case const& one, std::string const& what)
{
    auto const name = text_of(one);
    std::printf("FAILED %s: %s\n", name.c_str(), what.c_str());
    std::printf("  to repeat it: %s replay %s\n", program.c_str(), name.c_str());
    std::fflush(stdout);
}

void run_one(std::string const& program, named_case const& one, tally& counts)
{
    auto const seen = run_case(one, nullptr);
    ++counts.runs;
    counts.completed += seen.is_over && !seen.error ? 1 : 0;
    counts.steps += seen.steps;
    counts.requests += seen.requests;
    counts.faults += seen.faults;
    counts.trace ^= seen.trace;
    counts.hours += std::chrono::duration<double>(seen.elapsed).count() / 3600;
    if (seen.failures.empty())
        return;
    char trace[32];
    std::snprintf(trace, sizeof trace, "(trace %016llx) ", static_cast<unsigned long long>(seen.trace));
    if (++counts.failures <= failures_told_max)
        tell_failure(program, one, trace + seen.failures.front());
}

} // namespace

runner::runner(std::string program)
    : program_(std::move(program))
{}

void runner::run(std::string const& suite, std::vector<named_case> const& cases)
{
    auto const start = std::chrono::steady_clock::now();
    auto const jobs = std::max<std::size_t>(1, std::thread::hardware_concurrency());
    shared_tallies counts(jobs);
    std::vector<pid_t> children;
    std::fflush(stdout);
    for (std::size_t job = 0; job != jobs; ++job)
    {
        auto const child = ::fork();
        if (child < 0)
            throw std::runtime_error("can't fork");
        children.push_back(child);
        if (child != 0)
            continue;
        for (auto i = job; i < cases.size(); i += jobs)
        {
            counts[job].current = i;
            run_one(program_, cases[i], counts[job]);
        }
        std::exit(0); // runs the leak checker of a sanitizer
    }
    tally all;
    for (std::size_t job = 0; job != jobs; ++job)
    {
        int status = 0;
        ::waitpid(children[job], &status, 0);
        auto const& part = counts[job];
        if (status != 0)
        {
            ++all.failures;
            tell_failure(program_, cases[part.current], "the process ended badly");
        }
        all.runs += part.runs;
        all.failures += part.failures;
        all.completed += part.completed;
        all.steps += part.steps;
        all.requests += part.requests;
        all.faults += part.faults;
        all.trace ^= part.trace;
        all.hours += part.hours;
    }
    auto const seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::printf(
        "%s: %llu runs, %llu failed, %llu complete, %.1f virtual hours, %llu steps, %llu requests, %llu faults, "
        "trace %016llx, %.1f s\n",
        suite.c_str(), static_cast<unsigned long long>(all.runs), static_cast<unsigned long long>(all.failures),
        static_cast<unsigned long long>(all.completed), all.hours, static_cast<unsigned long long>(all.steps),
        static_cast<unsigned long long>(all.requests), static_cast<unsigned long long>(all.faults),
        static_cast<unsigned long long>(all.trace), seconds);
    (all.failures == 0 && all.runs == cases.size() ? passed_ : failed_) += 1;
}

int runner::conclude() const
{
    std::printf("%d passed, %d failed\n", passed_, failed_);
    return failed_ == 0 ? 0 : 1;
}

} // namespace webseed::test::sim
