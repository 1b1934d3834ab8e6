#include "input_file.hpp"

#include <boost/asio/error.hpp>

#include <cerrno>
#include <cstdio>
#include <memory>

namespace webseed::app {

namespace {

struct file_closer
{
    void operator()(std::FILE* file) const noexcept
    {
        if (file != stdin)
            std::fclose(file);
    }
};

error_code last_error()
{
    if (errno == EINTR)
        return boost::asio::error::operation_aborted; // by the signal that ends the program
    return {errno, boost::system::system_category()};
}

} // namespace

boost::system::result<std::vector<std::byte>> read_file(std::string const& path, std::size_t size_max)
{
    std::unique_ptr<std::FILE, file_closer> const file(path == "-" ? stdin : std::fopen(path.c_str(), "rb"));
    if (!file)
        return last_error();
    std::vector<std::byte> bytes;
    constexpr std::size_t step = 64 * 1024;
    while (bytes.size() <= size_max) // one byte over is enough for the parser to see that it's too much
    {
        auto const before = bytes.size();
        bytes.resize(before + step);
        bytes.resize(before + std::fread(bytes.data() + before, 1, step, file.get()));
        if (bytes.size() - before < step)
        {
            if (std::ferror(file.get()))
                return last_error();
            break;
        }
    }
    return bytes;
}

} // namespace webseed::app
