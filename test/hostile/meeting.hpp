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

/// What a download wrote. Pieces may be wrong until they are verified.
struct written_bytes
{
    std::string bytes;
    std::uint64_t outside = 0; // writes beyond the torrent's end
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
    /// One that serves it slowly, and gets done long after a short time-out.
    origin& add_slow_honest();
    /// A server that is no seed.
    origin& add_bystander(server answers, origin_options how = {});
    /// Lets the first seed be known by another URL.
    void rename_first(std::function<std::string(std::string)> const& change) { urls_.front() = change(urls_.front()); }

    /// Runs the download to its end, and returns how it ended. Fails the test if it takes minutes.
    error_code run();

    stats const& last() const noexcept { return last_; }
    diagnostics const& cause() const noexcept { return cause_; }
    /// Whether all has been written, and nothing else.
    bool has_content() const noexcept { return written_.outside == 0 && written_.bytes == content; }
    /// Whether what is said to be verified is right, and nothing was written beyond the end.
    bool is_truthful() const noexcept;
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
    std::vector<bool> verified_;
    std::vector<event> events_;
    stats last_;
    diagnostics cause_;
};

/// A kind of server that is of no use, whatever it is asked for.
struct useless_kind
{
    std::string what;
    /// From the content.
    std::function<server(std::string const&)> made;
    /// How a download ends that has no other seed, and what is told of it where there is another.
    error_code error;
    error_code told = error;
};

/// Checks that the download fails for the right reason with it alone, and completes where there is an honest server,
/// too; that no wrong piece is ever said to be verified; and that it costs less than a few times the content.
/// @param has_timeouts  whether it is the options of `set_up` that end what it does
void check_useless(
    useless_kind const& kind, std::function<void(meeting&)> const& set_up = [](meeting&) {}, bool has_timeouts = false);

} // namespace webseed::test
