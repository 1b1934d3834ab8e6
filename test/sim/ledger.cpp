#include "sim/ledger.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <new>

#include <malloc.h>

namespace {

std::int64_t live_now = 0;
std::int64_t live_peak = 0;

} // namespace

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !defined(WEBSEED_SANITIZED)

namespace {

void* take(std::size_t size, std::size_t alignment)
{
    void* const taken = alignment > __STDCPP_DEFAULT_NEW_ALIGNMENT__
                            ? std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment)
                            : std::malloc(size);
    if (taken == nullptr)
        throw std::bad_alloc();
    live_now += static_cast<std::int64_t>(::malloc_usable_size(taken));
    live_peak = std::max(live_peak, live_now);
    return taken;
}

void give_back(void* taken) noexcept
{
    live_now -= static_cast<std::int64_t>(::malloc_usable_size(taken));
    std::free(taken);
}

} // namespace

void* operator new(std::size_t size)
{
    return take(size, 0);
}
void* operator new(std::size_t size, std::align_val_t alignment)
{
    return take(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* taken) noexcept
{
    give_back(taken);
}
void operator delete(void* taken, std::size_t) noexcept
{
    give_back(taken);
}
void operator delete(void* taken, std::align_val_t) noexcept
{
    give_back(taken);
}
void operator delete(void* taken, std::size_t, std::align_val_t) noexcept
{
    give_back(taken);
}

#endif

namespace webseed::test::sim {

ledger::ledger()
    : at_start_(live_now)
{
    live_peak = live_now;
}

std::int64_t ledger::live() const
{
    return live_now - at_start_;
}

std::int64_t ledger::peak() const
{
    return live_peak - at_start_;
}

} // namespace webseed::test::sim
