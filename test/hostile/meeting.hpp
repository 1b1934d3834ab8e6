// Whole downloads through the public face, over real connections, from servers that tests bring: with a storage that
// looks at all that is written.
#pragma once

#include "support/answers.hpp"
#include "support/origin.hpp"

#include <webseed/engine.hpp>

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace webseed::test {

/// What a download wrote, on the way into a storage that nobody trusts.
struct written_bytes
{
    std::string bytes;
    std::uint64_t wrong = 0; // writes of other bytes than those of the content
};

class meeting
{
public:
    explicit meeting(std::size_t size = 300'000);
    ~meeting();

    /// Another seed of the download, behind the others.
    origin& add(server answers, origin_options how = {});
    /// One that serves the content, but not before something has been told about the first seed.
    origin& add_honest();
    /// Lets it be known by this URL, instead of that of the last one added.
    void rename(std::string url) { urls_.back() = std::move(url); }

    /// Runs the download to its end, and returns how it ended. Fails the test if it takes minutes.
    error_code run();

    stats const& last() const noexcept { return last_; }
    diagnostics const& cause() const noexcept { return cause_; }
    /// Whether all has been written, and nothing else ever was.
    bool has_content() const noexcept { return written_.wrong == 0 && written_.bytes == content; }
    bool has_wrong_writes() const noexcept { return written_.wrong != 0; }
    /// The error that was first told of this seed; none: nothing was. For a wrong piece errc::no_correct_data.
    error_code told_of(std::size_t seed) const;

    static constexpr std::uint64_t piece_length = 16 * 1024;

    std::string const content;
    engine_options engine_how;
    download_options how;

private:
    void listen(download& to);

    boost::asio::io_context context_{1};
    std::list<origin> origins_;
    std::vector<std::string> urls_;
    written_bytes written_;
    std::vector<event> events_;
    stats last_;
    diagnostics cause_;
};

} // namespace webseed::test
