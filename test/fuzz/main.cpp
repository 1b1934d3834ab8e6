// The entrance for libFuzzer. An exception that escapes is a finding.
#include "fuzz/input.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    webseed::test::fuzz({reinterpret_cast<std::byte const*>(data), size});
    return 0;
}
