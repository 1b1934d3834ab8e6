#include "transfer.hpp"

#include "directory.hpp"

namespace webseed::disk {

error_code write_all(descriptor const& file, std::uint64_t offset, std::span<std::byte const> bytes)
{
    while (!bytes.empty())
    {
        auto const count = uninterrupted([&] { return file.calls().pwrite(file.number(), bytes, offset); });
        if (count < 0)
            return error_of(static_cast<int>(-count));
        if (count == 0) // no system should do so; asking again for ever would be worse
            return errc::storage_failed;
        offset += static_cast<std::uint64_t>(count);
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return {};
}

error_code read_all(descriptor const& file, std::uint64_t offset, std::span<std::byte> buffer)
{
    while (!buffer.empty())
    {
        auto const count = uninterrupted([&] { return file.calls().pread(file.number(), buffer, offset); });
        if (count < 0)
            return error_of(static_cast<int>(-count));
        if (count == 0)
            return errc::storage_failed;
        offset += static_cast<std::uint64_t>(count);
        buffer = buffer.subspan(static_cast<std::size_t>(count));
    }
    return {};
}

} // namespace webseed::disk
