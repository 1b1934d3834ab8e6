// Counts what is allocated, with the hooks of the address sanitizer.
#pragma once

#include <sanitizer/allocator_interface.h>

#include <algorithm>
#include <cstddef>

namespace webseed::test {

/// The most bytes that were held at once since it was made. One at a time.
class allocation_peak
{
public:
    allocation_peak()
    {
        [[maybe_unused]] static int const installed = __sanitizer_install_malloc_and_free_hooks(&allocated, &freed);
        held = 0;
        most = 0;
        is_counting = true;
    }
    allocation_peak(allocation_peak const&) = delete;
    allocation_peak& operator=(allocation_peak const&) = delete;
    ~allocation_peak() { is_counting = false; }

    std::size_t bytes() const noexcept { return static_cast<std::size_t>(most); }

private:
    static void allocated(void const volatile*, std::size_t size)
    {
        if (!is_counting)
            return;
        held += static_cast<std::ptrdiff_t>(size);
        most = std::max(most, held);
    }

    static void freed(void const volatile* memory)
    {
        if (is_counting && memory != nullptr)
            held -= static_cast<std::ptrdiff_t>(__sanitizer_get_allocated_size(const_cast<void const*>(memory)));
    }

    static inline bool is_counting = false;
    static inline std::ptrdiff_t held = 0;
    static inline std::ptrdiff_t most = 0;
};

} // namespace webseed::test
